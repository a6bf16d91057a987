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

/// Writes the cell's own `passwd` and `group`, which name only the user inside, into `dir`.
pub(crate) fn write_accounts(dir: &Path, home: &Path, uid: u32) -> io::Result<()> {
    let passwd = format!(
        "root:x:0:0:root:/root:/usr/sbin/nologin\nautocode:x:{uid}:{uid}:AutoCode:{}:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
        home.display()
    );
    let group = format!("root:x:0:\nautocode:x:{uid}:\nnogroup:x:65534:\n");
    for (name, text) in [("passwd", passwd), ("group", group)] {
        fs::write(dir.join(name), text)?;
        // The cell may have another account than the one that writes.
        fs::set_permissions(dir.join(name), fs::Permissions::from_mode(0o644))?;
    }
    Ok(())
}
