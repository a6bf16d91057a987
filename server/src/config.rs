//! Everything that can be configured, as flags and environment variables alike.
//!
//! Must not open the database or start anything: it only finds out what was asked for.

mod error;
mod isolation;
mod locate;
mod second_factor;

use std::{
    collections::BTreeMap,
    env,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
};

use autocode_nanobot::protocol::Limits;
use autocode_sandbox::SandboxMode;
use clap::Args;
use serde::{Deserialize, Serialize};

pub use error::ConfigError;
use error::{LONGEST_IN_RUN_DIR, SOCKET_PATH_MAX};
pub use isolation::{CLI_MEMORY_MIB, CellUids, IsolationArgs, IsolationConfig, memory};
pub use locate::on_path;
pub use second_factor::SecondFactorPolicy;

use locate::{coding_cli, default_site_root, http_url, normal};

/// What counts as "no progress", in seconds: less would interrupt builds, more would be no limit.
const STALL_SECS: std::ops::RangeInclusive<u64> = 30..=86_400;

/// Seconds for which a typed password counts.
const STEP_UP_SECS: u64 = 15 * 60;
/// Requests a second of one sender.
const REQUESTS_PER_SECOND: u32 = 50;

/// Name of the folder of all users' folders, in the data folder.
pub const USERS_FOLDER: &str = "users";

/// The flags of every role that needs the configuration; each can be set in the environment or in a `.env` file too.
#[derive(Args, Clone, Debug, Default)]
pub struct ConfigArgs {
    /// Folder of the database, the keys and every user's files.
    #[arg(long, env = "AUTOCODE_DATA_DIR", default_value = "./data")]
    pub data_dir: PathBuf,
    /// Folder of sockets and run files, on a local file system and with a short path [default: run in the data folder].
    #[arg(long, env = "AUTOCODE_RUN_DIR")]
    pub run_dir: Option<PathBuf>,
    /// Address to listen on; put a reverse proxy in front for HTTPS.
    #[arg(long, env = "AUTOCODE_ADDR", default_value = "127.0.0.1:3000")]
    pub addr: Option<SocketAddr>,
    /// Folder of the built web site [default: target/site, or `site` next to the program].
    #[arg(long, env = "AUTOCODE_SITE_ROOT")]
    pub site_root: Option<PathBuf>,
    /// Address that people type, if it differs; with https, cookies are sent over HTTPS only.
    #[arg(long, env = "AUTOCODE_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// File of the master key that encrypts API keys, created at the first start [default: master.key in the data folder,
    /// or the systemd credential autocode-master-key].
    #[arg(long, env = "AUTOCODE_MASTER_KEY_FILE")]
    pub master_key_file: Option<PathBuf>,
    /// The Claude Code program [default: claude on PATH, or node_modules/.bin/claude of the current folder].
    #[arg(long, env = "AUTOCODE_CLAUDE")]
    pub claude: Option<PathBuf>,
    /// The Codex CLI program [default: codex on PATH, or node_modules/.bin/codex of the current folder].
    #[arg(long, env = "AUTOCODE_CODEX")]
    pub codex: Option<PathBuf>,
    /// The opencode program [default: opencode on PATH, or node_modules/.bin/opencode of the current folder].
    #[arg(long, env = "AUTOCODE_OPENCODE")]
    pub opencode: Option<PathBuf>,
    /// Whether agents run inside bubblewrap: auto, required, landlock (never, but closed files) or off.
    #[arg(long, env = "AUTOCODE_SANDBOX", default_value = "auto", value_parser = parse_sandbox)]
    pub sandbox: Option<SandboxMode>,
    /// Further folders that agents may read, such as toolchains, separated by colons.
    #[arg(long, env = "AUTOCODE_SANDBOX_RO")]
    pub sandbox_ro: Option<std::ffi::OsString>,
    /// What cells get and may use.
    #[command(flatten)]
    pub isolation: IsolationArgs,
    /// Seconds without progress after which a coding CLI's turn is interrupted and asked what happened: 30 to 86400.
    #[arg(long, env = "AUTOCODE_STALL_SECS", default_value = "300", value_parser = clap::value_parser!(u64).range(STALL_SECS))]
    pub stall_secs: Option<u64>,
    /// Base URL of another server for the models of `demo/…` [default: the built-in demonstration model].
    #[arg(long, env = "AUTOCODE_DEMO_URL")]
    pub demo_url: Option<String>,
    /// Base URL for the models of `anthropic/…`.
    #[arg(long, env = "AUTOCODE_ANTHROPIC_URL")]
    pub anthropic_url: Option<String>,
    /// Base URL for the models of `openai/…`.
    #[arg(long, env = "AUTOCODE_OPENAI_URL")]
    pub openai_url: Option<String>,
    /// Base URL for the models of `gemini/…`.
    #[arg(long, env = "AUTOCODE_GEMINI_URL")]
    pub gemini_url: Option<String>,
    /// Base URL for the models of `openrouter/…`.
    #[arg(long, env = "AUTOCODE_OPENROUTER_URL")]
    pub openrouter_url: Option<String>,
    /// Base URL for the models of `ollama/…`.
    #[arg(long, env = "AUTOCODE_OLLAMA_URL")]
    pub ollama_url: Option<String>,
    /// Addresses of reverse proxies whose X-Forwarded-For is believed, separated by commas [default: this machine's own
    /// with an https AUTOCODE_PUBLIC_URL, else none].
    #[arg(long, env = "AUTOCODE_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Option<Vec<IpAddr>>,
    /// Seconds for which a typed password counts, before it is asked for again to store keys and the like: 1 to 86400.
    #[arg(long, env = "AUTOCODE_STEP_UP_SECS", default_value = "900", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub step_up_secs: Option<u64>,
    /// Whether everybody has to have a second factor to sign in: whoever has none sets one up before anything else.
    #[arg(long, env = "AUTOCODE_SECOND_FACTOR", default_value = "optional", value_enum)]
    pub second_factor: Option<SecondFactorPolicy>,
    /// Requests a second of one user, or of one address without a sign-in, in the long run; twelve times as many at once.
    #[arg(long, env = "AUTOCODE_REQUESTS_PER_SECOND", default_value = "50", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub requests_per_second: Option<u32>,
    /// The program that agents' processes run [default: this one].
    #[arg(long, env = "AUTOCODE_BINARY", hide = true)]
    pub binary: Option<PathBuf>,
}

fn parse_sandbox(text: &str) -> Result<SandboxMode, String> {
    match text {
        "auto" => Ok(SandboxMode::Auto),
        "required" => Ok(SandboxMode::Required),
        "landlock" => Ok(SandboxMode::Landlock),
        "off" => Ok(SandboxMode::Off),
        _ => Err("write auto, required, landlock or off".to_owned()),
    }
}

/// A complete configuration; all paths are absolute.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Config {
    /// Folder of the database, the keys and `users/`.
    pub data_dir: PathBuf,
    /// Folder with one folder a user for sockets and run files.
    pub run_dir: PathBuf,
    /// Address to listen on.
    pub addr: SocketAddr,
    /// Folder of the built web site.
    pub site_root: PathBuf,
    /// Scheme, host and port as people type them, without a trailing slash.
    pub public_url: Option<String>,
    /// File of the master key, if one was named; see [`Config::master_key_path`].
    pub master_key_file: Option<PathBuf>,
    /// The Claude Code program; may be missing, which `doctor` and the first start of an agent say.
    pub claude: PathBuf,
    /// The Codex CLI program; may be missing as well.
    pub codex: PathBuf,
    /// The opencode program; may be missing as well.
    pub opencode: PathBuf,
    /// Whether cells use bubblewrap.
    pub sandbox: SandboxMode,
    /// Further folders that cells may read.
    pub sandbox_ro: Vec<PathBuf>,
    /// What cells get and may use.
    pub isolation: IsolationConfig,
    /// Seconds without progress after which a turn is interrupted.
    pub stall_secs: u64,
    /// Base URLs by provider name that replace the gateway's own table.
    pub upstreams: BTreeMap<String, String>,
    /// Reverse proxies whose X-Forwarded-For is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Seconds for which a typed password counts.
    pub step_up_secs: u64,
    /// Whether everybody has to have a second factor.
    pub second_factor: SecondFactorPolicy,
    /// Requests a second of one sender.
    pub requests_per_second: u32,
    /// The `autocode` program that cells run.
    pub binary: PathBuf,
}

impl ConfigArgs {
    /// Fills in the defaults and makes every path absolute.
    ///
    /// # Errors
    /// [`ConfigError`], in words for the person who started the program.
    pub fn resolve(self) -> Result<Config, ConfigError> {
        let here = env::current_dir().map_err(ConfigError::CurrentDir)?;
        let absolute = |path: PathBuf| normal(&here.join(path));
        let binary = match self.binary {
            Some(path) => absolute(path),
            None => env::current_exe().map_err(ConfigError::Binary)?,
        };
        let data_dir = absolute(self.data_dir);
        let run_dir = self.run_dir.map_or_else(|| data_dir.join("run"), absolute);
        if run_dir.as_os_str().len() + LONGEST_IN_RUN_DIR > SOCKET_PATH_MAX {
            return Err(ConfigError::RunDirTooLong(run_dir));
        }
        let upstreams = [
            ("demo", "AUTOCODE_DEMO_URL", self.demo_url),
            ("anthropic", "AUTOCODE_ANTHROPIC_URL", self.anthropic_url),
            ("openai", "AUTOCODE_OPENAI_URL", self.openai_url),
            ("gemini", "AUTOCODE_GEMINI_URL", self.gemini_url),
            ("openrouter", "AUTOCODE_OPENROUTER_URL", self.openrouter_url),
            ("ollama", "AUTOCODE_OLLAMA_URL", self.ollama_url),
        ]
        .into_iter()
        .filter_map(|(provider, variable, url)| url.map(|url| (provider, variable, url)))
        .map(|(provider, variable, url)| match http_url(&url) {
            Some(url) => Ok((provider.to_owned(), url)),
            None => Err(ConfigError::Upstream(variable, url)),
        })
        .collect::<Result<_, _>>()?;
        let public_url = self.public_url.map(origin).transpose()?;
        Ok(Config {
            addr: self.addr.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 3000))),
            site_root: self.site_root.map_or_else(|| default_site_root(&here, &binary), absolute),
            trusted_proxies: self.trusted_proxies.unwrap_or_else(|| proxies_of(public_url.as_deref())),
            step_up_secs: self.step_up_secs.unwrap_or(STEP_UP_SECS),
            second_factor: self.second_factor.unwrap_or_default(),
            requests_per_second: self.requests_per_second.unwrap_or(REQUESTS_PER_SECOND),
            public_url,
            master_key_file: self.master_key_file.map(absolute),
            claude: coding_cli(&here, self.claude, "claude"),
            codex: coding_cli(&here, self.codex, "codex"),
            opencode: coding_cli(&here, self.opencode, "opencode"),
            sandbox: self.sandbox.unwrap_or_default(),
            sandbox_ro: self
                .sandbox_ro
                .map(|list| {
                    env::split_paths(&list).filter(|p| !p.as_os_str().is_empty()).map(absolute).collect()
                })
                .unwrap_or_default(),
            isolation: self.isolation.resolve(),
            stall_secs: self.stall_secs.unwrap_or(Limits::default().stall_secs),
            upstreams,
            data_dir,
            run_dir,
            binary,
        })
    }
}

impl Config {
    /// The database file.
    pub fn database_path(&self) -> PathBuf {
        self.data_dir.join("autocode.db")
    }

    /// Where the master key stands: the named file, else a systemd credential if there is one, else in the data folder.
    pub fn master_key_path(&self) -> PathBuf {
        if let Some(path) = &self.master_key_file {
            return path.clone();
        }
        env::var_os("CREDENTIALS_DIRECTORY")
            .map(|folder| PathBuf::from(folder).join("autocode-master-key"))
            .filter(|path| path.exists())
            .unwrap_or_else(|| self.data_dir.join("master.key"))
    }

    /// The folder that holds one folder a user.
    pub fn users_dir(&self) -> PathBuf {
        self.data_dir.join(USERS_FOLDER)
    }

    /// A user's HOME.
    pub fn user_home(&self, username: &app::model::Username) -> PathBuf {
        self.users_dir().join(username.as_str())
    }

    /// A user's folder for sockets and run files.
    pub fn user_run_dir(&self, username: &app::model::Username) -> PathBuf {
        self.run_dir.join(username.as_str())
    }

    /// Whether browsers reach the server over HTTPS.
    pub fn https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}

/// The server itself speaks no TLS: behind an https address there is a proxy, by default on this machine.
fn proxies_of(public_url: Option<&str>) -> Vec<IpAddr> {
    let https = public_url.is_some_and(|url| url.starts_with("https://"));
    if https { vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()] } else { Vec::new() }
}

fn origin(text: String) -> Result<String, ConfigError> {
    match http_url(&text) {
        Some(url) if url.matches('/').count() == 2 => Ok(url),
        _ => Err(ConfigError::PublicUrl(text)),
    }
}

#[cfg(test)]
mod tests;
