#!/usr/bin/env bash
# Installs AutoCode from an unpacked release on Debian 12 or newer, or upgrades what is there; run it as often as you like.
#
#   install.sh --domain NAME       install or upgrade; with a name, Caddy serves it over HTTPS
#   install.sh --uninstall         remove the program; data, configuration and backups stay
#   install.sh --uninstall --purge remove those and the account as well
#
#   --addr ADDRESS          where the server listens (127.0.0.1:3000)
#   --data DIR              where the data shall be (/data)
#   --no-packages           do not install Debian packages
#   --no-proxy              do not touch Caddy
#   --health-seconds N      how long the new version may take until it is ready (60)
#   --prefix DIR            put everything below DIR, without accounts, packages and Caddy; for trying it out
#   --service-command CMD   "CMD start" and "CMD stop" start and stop the server where there is no systemd
#
# An upgrade keeps a copy of the database first. If the new version does not get ready, the old one and its database come back.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/deploy/install-lib.sh"

domain='' prefix='' data='' addr='' uninstall=no purge=no packages=yes proxy=yes health_seconds=60 service_command=''
while [ $# -gt 0 ]; do
    case $1 in
        --domain | --addr | --data | --prefix | --health-seconds | --service-command)
            [ -n "${2:-}" ] || die "$1 needs a value."
            declare "$(tr - _ <<<"${1#--}")=$2"
            shift 2
            ;;
        --uninstall) uninstall=yes; shift ;;
        --purge) purge=yes; shift ;;
        --no-packages) packages=no; shift ;;
        --no-proxy) proxy=no; shift ;;
        -h | --help) sed -n '2,18s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) die "unknown argument \"$1\"; --help lists them." ;;
    esac
done

base=$prefix/opt/autocode
releases=$base/releases
current=$base/current
etc=$prefix/etc/autocode
env_file=$etc/autocode.env
units=$prefix/etc/systemd/system
tmpfiles=$prefix/etc/tmpfiles.d
backups=$prefix/var/backups/autocode
ctl=$prefix/usr/local/sbin/autocode-ctl
user_ctl=$prefix/usr/local/sbin/autocode-user
logrotate=$prefix/etc/logrotate.d/autocode
caddy=$prefix/etc/caddy/autocode.caddy
run=$prefix/run/autocode
account=autocode
# An installation says itself where its data is.
[ -n "$data" ] || data=$(setting AUTOCODE_DATA_DIR)
[ -n "$data" ] || data=$prefix/data
case $data in /*/ | / | [!/]*) die "--data takes an absolute path of a folder of its own, without a slash at the end." ;; esac

check_machine
if [ $uninstall = yes ]; then
    remove_installation
    exit 0
fi

release=$(cat "$here/VERSION")
check_release
[ "$packages" = no ] || install_packages
make_account
make_folders
before=$(readlink "$current" 2>/dev/null || true)
copy_release
write_configuration

if [ -z "$before" ]; then
    say "Installing $release"
    point_to "$release"
    service start
    healthy || die "AutoCode does not get ready: journalctl -u autocode says why. Nothing else was there to go back to."
elif [ "$before" = "releases/$release" ]; then
    say "$release is installed already; starting it if it does not run"
    service start
    healthy || die "AutoCode does not get ready: journalctl -u autocode says why."
else
    say "Upgrading from ${before#releases/} to $release"
    upgrade
fi
forget_old_releases
serve_domain
farewell
