//! docs/security.md is no wish: every clause of OWASP ASVS 5.0 up to level 2 is in it once, and every test it names exists.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use crate::{root, sources};

/// How many clauses of level 1 and 2 each section of ASVS 5.0 begins with; all others of a section are of level 3.
const SECTIONS: &str = "1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3 4.2:1 4.3:2 4.4:4 \
    5.1:1 5.2:3 5.3:2 5.4:3 6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4 7.1:3 7.2:4 7.3:2 7.4:5 7.5:2 7.6:2 8.1:2 8.2:3 8.3:1 8.4:1 \
    9.1:3 9.2:4 10.1:2 10.2:2 10.3:4 10.4:11 10.5:5 10.6:2 10.7:3 11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1 12.1:3 12.2:2 12.3:4 \
    13.1:1 13.2:5 13.3:2 13.4:5 14.1:2 14.2:4 14.3:3 15.1:3 15.2:3 15.3:7 16.1:1 16.2:5 16.3:4 16.4:3 16.5:3 17.1:1 17.2:4 17.3:2";

fn expected() -> BTreeSet<String> {
    let sections = SECTIONS.split_whitespace().map(|section| section.split_once(':').unwrap());
    sections
        .flat_map(|(section, count)| {
            (1..=count.parse::<u32>().unwrap()).map(move |n| format!("V{section}.{n}"))
        })
        .collect()
}

/// Cells of the rows whose first one names clauses.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let rows = text.lines().filter(|line| line.starts_with("| V"));
    rows.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

fn clause_problems(text: &str) -> Vec<String> {
    let mut seen = BTreeMap::<String, u32>::new();
    for row in rows(text) {
        for clause in row[0].split(", ") {
            *seen.entry(clause.to_owned()).or_default() += 1;
        }
    }
    let expected = expected();
    let missing = expected.iter().filter(|clause| !seen.contains_key(*clause));
    let surplus = seen.iter().filter(|(clause, count)| !expected.contains(*clause) || **count > 1);
    missing
        .map(|clause| format!("{clause} is missing"))
        .chain(surplus.map(|(clause, count)| format!("{clause} is no clause, or stands there {count} times")))
        .collect()
}

/// All tests as `file::test`, where a `tests.rs`, `mod.rs` or `main.rs` may go by its folder's name too; and `spec: title`.
fn tests() -> BTreeSet<String> {
    let mut tests = BTreeSet::new();
    for (path, text) in sources() {
        let parts: Vec<_> = path.trim_end_matches(".rs").rsplit('/').collect();
        let names =
            [Some(parts[0]), parts.get(1).copied().filter(|_| matches!(parts[0], "tests" | "mod" | "main"))];
        for (at, _) in text.match_indices("test]\n") {
            let after = &text[at..];
            let name =
                after.split_once("fn ").and_then(|(_, rest)| rest.split('(').next()).unwrap_or_default();
            tests.extend(names.iter().flatten().map(|file| format!("{file}::{name}")));
        }
    }
    for entry in fs::read_dir(root().join("end2end/tests")).unwrap() {
        let path = entry.unwrap().path();
        let (name, text) = (path.file_stem().unwrap().to_str().unwrap(), fs::read_to_string(&path).unwrap());
        for (at, _) in text.match_indices("test('") {
            let title = text[at + 6..].split("',").next().unwrap();
            tests.insert(format!("{name}: {title}"));
        }
    }
    tests
}

fn proof_problems(text: &str, tests: &BTreeSet<String>) -> Vec<String> {
    let proofs = rows(text).into_iter().filter(|row| row.len() == 3).map(|row| (row[0], row[2]));
    proofs
        .filter(|(_, proof)| {
            let named = proof.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
            named.is_none_or(|id| !tests.contains(id))
        })
        .map(|(clause, proof)| format!("{clause}: there is no test {proof}"))
        .collect()
}

#[test]
fn every_clause_has_its_line_and_every_proof_exists() {
    let text = fs::read_to_string(root().join("docs/security.md")).unwrap();
    assert_eq!(expected().len(), 253, "the list of clauses is not ASVS 5.0's");
    let mut problems = clause_problems(&text);
    problems.extend(proof_problems(&text, &tests()));
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn a_made_up_proof_is_noticed() {
    let tests = tests();
    let good = "| V1.1.1 | x | `security::a_made_up_proof_is_noticed` |";
    assert_eq!(proof_problems(good, &tests), Vec::<String>::new());
    for bad in ["`security::no_such_test`", "security", "", "`nowhere.spec: nothing`"] {
        assert_eq!(proof_problems(&format!("| V1.1.1 | x | {bad} |"), &tests).len(), 1, "{bad}");
    }
    assert_eq!(clause_problems(good).len(), 252);
    assert_eq!(clause_problems("| V1.1.1, V1.1.1 | x |\n| V1.9.9 | x |").len(), 254);
}
