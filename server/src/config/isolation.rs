//! What users' cells get and may use: network, accounts, limits.

use std::ops::RangeInclusive;

use autocode_sandbox::{Limits, Network};
use clap::Args;
use serde::{Deserialize, Serialize};

/// Memory that a coding CLI takes, in MiB, as measured; a start needs so much.
pub const CLI_MEMORY_MIB: u64 = 250;
/// Fewest user ids that make sense: one for the server and one for a user.
const FEWEST_UIDS: u32 = 2;

/// The flags.
#[derive(Args, Clone, Debug, Default)]
pub struct IsolationArgs {
    /// Network of cells: private (a loopback of their own, and outside through AutoCode's proxy, where bubblewrap can), or
    /// host.
    #[arg(long, env = "AUTOCODE_NETWORK", default_value = "private", value_parser = parse_network)]
    pub network: Option<Network>,
    /// Places beyond the public internet that agents may reach from a private network: HOST:PORT, separated by commas.
    #[arg(long, env = "AUTOCODE_EGRESS_ALLOW", value_delimiter = ',', value_parser = parse_place)]
    pub egress_allow: Vec<(String, u16)>,
    /// Started as root: user ids FIRST-LAST, the first for the server and one for each user's cell; off stays root.
    #[arg(long, env = "AUTOCODE_CELL_UIDS", default_value = "40000-49999", value_parser = parse_uids)]
    pub cell_uids: Option<CellUids>,
    /// Memory of one user's cell in MiB, where control groups can be made [default: three quarters of the machine's].
    #[arg(long, env = "AUTOCODE_USER_MEMORY_MIB", value_parser = clap::value_parser!(u64).range(256..))]
    pub user_memory_mib: Option<u64>,
    /// Processors of one user's cell in percent of one, where control groups can be made [default: all of them].
    #[arg(long, env = "AUTOCODE_USER_CPU_PERCENT", value_parser = clap::value_parser!(u64).range(10..))]
    pub user_cpu_percent: Option<u64>,
    /// Processes and threads of one user's cell, where control groups can be made.
    #[arg(long, env = "AUTOCODE_USER_PROCESSES", default_value = "2048", value_parser = clap::value_parser!(u64).range(64..))]
    pub user_processes: Option<u64>,
    /// Disk of one user in MiB: whoever has more is stopped [default: no limit].
    #[arg(long, env = "AUTOCODE_USER_DISK_MIB", value_parser = clap::value_parser!(u64).range(1..))]
    pub user_disk_mib: Option<u64>,
    /// Agents of one user that work at the same time; more wait.
    #[arg(long, env = "AUTOCODE_USER_AGENTS", default_value = "8", value_parser = clap::value_parser!(u32).range(1..))]
    pub user_agents: Option<u32>,
    /// Memory in MiB that stays free on the machine: starts wait until there is more.
    #[arg(long, env = "AUTOCODE_MEMORY_RESERVE_MIB", default_value = "256")]
    pub memory_reserve_mib: Option<u64>,
}

/// The user ids of cells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CellUids {
    /// The server's, then one a user.
    Range(RangeInclusive<u32>),
    /// No change of account.
    Off,
}

fn parse_network(text: &str) -> Result<Network, String> {
    match text {
        "private" => Ok(Network::Private),
        "host" => Ok(Network::Host),
        _ => Err("write private or host".to_owned()),
    }
}

fn parse_place(text: &str) -> Result<(String, u16), String> {
    let place = text.trim().rsplit_once(':').and_then(|(host, port)| {
        let host = host.trim_matches(['[', ']']);
        Some((host.to_owned(), port.parse().ok()?)).filter(|_| !host.is_empty())
    });
    place.ok_or_else(|| "write HOST:PORT, such as registry.lan:4873".to_owned())
}

fn parse_uids(text: &str) -> Result<CellUids, String> {
    if text == "off" {
        return Ok(CellUids::Off);
    }
    let range =
        text.split_once('-').and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
    match range {
        Some((first, last)) if first >= 1000 && last >= first + FEWEST_UIDS - 1 => {
            Ok(CellUids::Range(first..=last))
        }
        _ => Err("write off, or FIRST-LAST with two numbers from 1000 on".to_owned()),
    }
}

/// The values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IsolationConfig {
    /// The cells' network where bubblewrap works.
    pub network: Network,
    /// Places beyond the public internet that agents may reach.
    pub egress_allow: Vec<(String, u16)>,
    /// User ids for cells when root starts the server; none leaves the account as it is.
    pub cell_uids: Option<RangeInclusive<u32>>,
    /// What a cell may use.
    pub limits: Limits,
    /// Bytes of disk of one user.
    pub disk: Option<u64>,
    /// Agents of one user at the same time.
    pub agents: u32,
    /// Bytes of memory that stay free on the machine.
    pub memory_reserve: u64,
}

impl IsolationArgs {
    /// Fills in the defaults.
    pub(super) fn resolve(self) -> IsolationConfig {
        let total = memory("MemTotal").unwrap_or(4 << 30);
        let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let all_cpus = u64::try_from(cpus).unwrap_or(1).saturating_mul(100);
        let mib = |mib: u64| mib.saturating_mul(1 << 20);
        IsolationConfig {
            network: self.network.unwrap_or(Network::Private),
            egress_allow: self.egress_allow,
            cell_uids: match self.cell_uids.unwrap_or(CellUids::Range(40_000..=49_999)) {
                CellUids::Range(range) => Some(range),
                CellUids::Off => None,
            },
            limits: Limits {
                memory: self.user_memory_mib.map_or(total / 4 * 3, mib),
                processes: self.user_processes.unwrap_or(2048),
                cpu_percent: self.user_cpu_percent.unwrap_or(all_cpus),
            },
            disk: self.user_disk_mib.map(mib),
            agents: self.user_agents.unwrap_or(8),
            memory_reserve: mib(self.memory_reserve_mib.unwrap_or(256)),
        }
    }
}

/// Bytes of a line of `/proc/meminfo`, such as `MemAvailable`.
pub fn memory(name: &str) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}
