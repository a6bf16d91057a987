//! Chance that can be had again: a small generator, seeded with the soak's seed and the run's number.

/// SplitMix64: every seed is a good one.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64, run: usize) -> Self {
        let mut chance = Self(seed ^ u64::try_from(run).unwrap().wrapping_mul(0xD134_2543_DE82_EF95));
        chance.next();
        chance
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }
}
