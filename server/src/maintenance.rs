//! `autocode backup`, `restore` and `rotate-key` as a person sees them: what was done, what is left to do.
//!
//! Must not do the work: the library does.

use std::{
    os::unix::{fs::MetadataExt as _, process::CommandExt as _},
    path::Path,
    process::ExitCode,
};

use server::{
    backup::{self, Contents, Missing, Restored, Written},
    config::Config,
    data_lock::DataLock,
    rotate,
};

use crate::{
    cli::{BackupArgs, RestoreArgs},
    fail,
};

/// Writes a backup and says what is in it; fails if something could not be read.
pub async fn backup(args: BackupArgs) -> ExitCode {
    let config = match args.config.resolve() {
        Ok(config) => config,
        Err(e) => return fail(e),
    };
    let contents = if args.database_only { Contents::Database } else { Contents::Everything };
    match backup::create(&config, &args.to, contents, args.with_master_key).await {
        Ok(Written { path, manifest, files, missing }) => {
            println!("{} holds {files} files (schema {}).", path.display(), manifest.schema);
            println!(
                "{}",
                match (manifest.master_key, manifest.contents) {
                    (true, _) => "The master key is in it: whoever has this file can read the API keys.",
                    (false, Contents::Everything) =>
                        "The master key is not in it: keep a copy of it elsewhere, or API keys have to be entered again after a restore.",
                    (false, Contents::Database) =>
                        "It is the database alone, without users' files and master key.",
                }
            );
            tell_missing(&missing)
        }
        Err(e) => fail(e),
    }
}

fn tell_missing(missing: &Missing) -> ExitCode {
    if missing.count == 0 {
        return ExitCode::SUCCESS;
    }
    for example in &missing.examples {
        eprintln!("Not read: {example}");
    }
    fail(format!(
        "{} files or folders could not be read and are not in the backup; run it as root, or mend what is named above.",
        missing.count
    ))
}

/// Brings a backup back and says what is left to do.
pub async fn restore(args: RestoreArgs) -> ExitCode {
    let config = match args.config.resolve() {
        Ok(config) => config,
        Err(e) => return fail(e),
    };
    match backup::restore(&config, &args.from, args.force).await {
        Ok(Restored { manifest, users, unreadable_keys, aside }) => {
            println!(
                "Restored the backup of {} to {}: {users} user(s).",
                manifest.created_at,
                config.data_dir.display()
            );
            if let Some(aside) = aside {
                println!("What was there before is in {}; remove it when you are content.", aside.display());
            }
            if unreadable_keys > 0 {
                println!(
                    "{unreadable_keys} API key(s) cannot be read without their master key: put it in {} before the server starts, or have them entered again under Settings.",
                    config.master_key_path().display()
                );
            }
            if manifest.contents == Contents::Everything {
                println!("Agents that were at work are paused; start them in their projects.");
            }
            ExitCode::SUCCESS
        }
        Err(e) => fail(e),
    }
}

/// Rotates the master key, as the owner of the data folder.
pub async fn rotate_key(config: Config) -> ExitCode {
    if let Some(failed) = become_owner(&config) {
        return failed;
    }
    let lock = match DataLock::take_now(&config.data_dir).await {
        Ok(lock) => lock,
        Err(e) => return fail(e),
    };
    let rotated = rotate::rotate(&config, |step| println!("{step}")).await;
    drop(lock);
    match rotated {
        Ok(()) => {
            println!(
                "Done. Browsers sign in again by themselves. Backups from before need the old key: make a new one."
            );
            ExitCode::SUCCESS
        }
        Err(e) => fail(e),
    }
}

/// As [`become_owner`], where that is the account of a service: to another installation, root's own, root gives an account
/// at each start.
pub fn become_service(config: &Config) -> Option<ExitCode> {
    let owner = config.data_dir.metadata().ok()?.uid();
    let given = config.isolation.cell_uids.as_ref().is_some_and(|uids| uids.contains(&owner));
    if given { None } else { become_owner(config) }
}

/// As root, becomes the owner of the data folder by starting this program again: what it writes must be the server's.
///
/// Not where that account cannot reach the folder: there root itself starts the server, and gives it everything first.
pub fn become_owner(config: &Config) -> Option<ExitCode> {
    let owner = config.data_dir.metadata().ok()?;
    if !rustix::process::geteuid().is_root() || owner.uid() == 0 {
        return None;
    }
    let open = |folder: &Path| folder.metadata().is_ok_and(|meta| meta.mode() & 0o001 != 0);
    if !config.data_dir.ancestors().skip(1).all(open) {
        return None;
    }
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(e) => return Some(fail(format!("This program cannot be found ({e})."))),
    };
    let error = std::process::Command::new(program)
        .args(std::env::args_os().skip(1))
        .uid(owner.uid())
        .gid(owner.gid())
        .exec();
    Some(fail(format!("The data folder's owner cannot be taken on ({error}): run it as that user.")))
}
