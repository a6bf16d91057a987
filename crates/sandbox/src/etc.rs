//! The reduced `/etc` of a cell: what programs need to resolve names, trust certificates and show text; nothing else.

use std::{fs, io, os::unix::fs::PermissionsExt as _, path::Path};

/// Bound read-only where they exist. `/etc/ssl` is not bound whole: it has a folder of private keys.
pub(crate) const ENTRIES: &[&str] = &[
    "alternatives",
    "bash.bashrc",
    "ca-certificates",
    "ca-certificates.conf",
    "debian_version",
    "gai.conf",
    "gitconfig",
    "host.conf",
    "hosts",
    "inputrc",
    "java-17-openjdk",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "machine-id",
    "mime.types",
    "nsswitch.conf",
    "os-release",
    "pki",
    "profile",
    "protocols",
    "resolv.conf",
    "services",
    "shells",
    "ssl/certs",
    "ssl/openssl.cnf",
    "terminfo",
    "timezone",
];

/// The cell's own files among them, by their name in the folder of [`write_own`] and their place under `/etc`.
pub(crate) const OWN: [(&str, &str); 3] =
    [("passwd", "passwd"), ("group", "group"), ("ssh_config", "ssh/ssh_config")];

/// Writes the cell's own `passwd` and `group`, which name only the user inside, and `ssh_config` into `dir`.
///
/// `tunnel` is the program that connects through the proxy, in a cell that has a network of its own. Nobody is there to
/// confirm a host's key: the first one is believed and noted, another one is refused.
pub(crate) fn write_own(dir: &Path, home: &Path, uid: u32, tunnel: Option<&Path>) -> io::Result<()> {
    let passwd = format!(
        "root:x:0:0:root:/root:/usr/sbin/nologin\nautocode:x:{uid}:{uid}:AutoCode:{}:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
        home.display()
    );
    let group = format!("root:x:0:\nautocode:x:{uid}:\nnogroup:x:65534:\n");
    let mut ssh = "Host *\n    StrictHostKeyChecking accept-new\n".to_owned();
    if let Some(program) = tunnel {
        // ssh replaces what begins with a percent sign, and a shell reads the rest.
        let program = program.display().to_string().replace('%', "%%").replace('\'', "'\\''");
        ssh.push_str(&format!("    ProxyCommand '{program}' tunnel %h %p\n"));
    }
    for (name, text) in [("passwd", passwd), ("group", group), ("ssh_config", ssh)] {
        fs::write(dir.join(name), text)?;
        // The cell may have another account than the one that writes.
        fs::set_permissions(dir.join(name), fs::Permissions::from_mode(0o644))?;
    }
    Ok(())
}
