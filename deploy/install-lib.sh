# shellcheck shell=bash disable=SC2154
# The steps of install.sh. They use its variables and nothing else; each may be repeated.

say() { printf '==> %s\n' "$*"; }
note() { printf '    %s\n' "$*"; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# A value of the installed configuration.
setting() { [ ! -r "$env_file" ] || sed -n "s/^$1=//p" "$env_file" | tail -n1; }

check_machine() {
    [ -n "$prefix" ] || [ "$(id -u)" = 0 ] || die "this needs root (or --prefix DIR, to try it out)."
    [ -z "$prefix" ] || { packages=no proxy=no; mkdir -p "$prefix"; }
    [ -r /etc/os-release ] || return 0
    # shellcheck source=/dev/null
    (. /etc/os-release && [ "${ID:-}" = debian ] && [ "${VERSION_ID:-0}" -ge 12 ]) ||
        note "This is not Debian 12 or newer: it may work, but was not tried."
}

# Everything in the release is as it was packed.
check_release() {
    (cd "$here" && sha256sum --check --quiet --strict SHA256SUMS) || die "this release is damaged; fetch it again."
}

install_packages() {
    local wanted=(tmux bubblewrap git curl logrotate ca-certificates openssh-client) missing=() package
    [ "$proxy" = no ] || [ -z "$domain" ] || wanted+=(caddy)
    for package in "${wanted[@]}"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "Installing ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

make_account() {
    if [ -n "$prefix" ]; then
        note "Not done with --prefix: the account $account; everything belongs to $(id -un)."
        return 0
    fi
    # The second one owns nothing: it is what an empty cell is measured under.
    local name
    for name in $account $account-probe; do
        if ! getent passwd "$name" >/dev/null; then
            useradd --system --user-group --home-dir "$data" --no-create-home --shell /usr/sbin/nologin "$name"
            note "made the account $name"
        fi
    done
}

# own PATH: gives it to the account of the service.
own() { [ -n "$prefix" ] || chown $account:$account "$@"; }

make_folders() {
    install -d -m 755 "$base" "$releases" "$(dirname "$ctl")" "$units" "$(dirname "$logrotate")"
    install -d -m 750 "$etc"
    install -d -m 700 "$backups"
    # Cells of users with numbers of their own pass through it; what is in it keeps its own rights.
    [ -d "$data" ] || install -d -m 711 "$data"
    own "$data"
    [ -z "$prefix" ] || install -d -m 711 "$run"
}

copy_release() {
    local to=$releases/$release
    [ ! -d "$to" ] || return 0
    rm -rf "$to.part"
    mkdir "$to.part"
    cp -R --reflink=auto "$here/." "$to.part/"
    chmod -R go+rX,go-w "$to.part"
    [ -n "$prefix" ] || chown -R root:root "$to.part"
    mv -T "$to.part" "$to"
}

# placed FILE: its text with the paths of this installation.
placed() {
    sed -e "s#/usr/local/sbin/#$prefix/usr/local/sbin/#g" -e "s#/opt/autocode/#$base/#g" -e "s#/etc/autocode/#$etc/#g" -e "s#/run/autocode#$run#g" \
        -e "s#=/data\$#=$data#" -e "s# /data/# $data/#g" -e "s#:-/data}#:-$data}#" "$1"
}

write_configuration() {
    if [ ! -e "$env_file" ]; then
        placed "$here/deploy/autocode.env" | if [ -n "$domain" ]; then
            sed "s#^AUTOCODE_PUBLIC_URL=.*#AUTOCODE_PUBLIC_URL=https://$domain#"
        else
            sed 's/^AUTOCODE_PUBLIC_URL=/#&/'
        fi >"$env_file"
        chmod 640 "$env_file"
        [ -n "$prefix" ] || chown root:$account "$env_file"
        [ -z "$addr" ] || sed -i "s#^AUTOCODE_ADDR=.*#AUTOCODE_ADDR=$addr#" "$env_file"
        note "configuration: $env_file"
    elif [ -n "$domain" ] && [ "$(setting AUTOCODE_PUBLIC_URL)" != "https://$domain" ]; then
        sed -i -e '/^#\{0,1\}AUTOCODE_PUBLIC_URL=/d' "$env_file"
        printf 'AUTOCODE_PUBLIC_URL=https://%s\n' "$domain" >>"$env_file"
        note "AUTOCODE_PUBLIC_URL is https://$domain now"
    fi
    local unit
    for unit in "$here"/deploy/systemd/*.*; do
        placed "$unit" >"$units/$(basename "$unit")"
    done
    placed "$here/deploy/autocode-ctl" >"$ctl"
    placed "$here/deploy/systemd/autocode-user" >"$user_ctl"
    chmod 755 "$ctl" "$user_ctl"
    placed "$here/deploy/logrotate" >"$logrotate"
    # There before anything is in it: a service whose runtime folder is root's gets all that is in it.
    mkdir -p "$tmpfiles"
    printf 'd %s 0711 %s %s -\n' "$run" $account $account >"$tmpfiles/autocode.conf"
    if with_systemd; then
        systemd-tmpfiles --create "$tmpfiles/autocode.conf"
        systemctl daemon-reload
        systemctl --quiet enable autocode.service
        systemctl --quiet enable --now autocode-users.path autocode-probe.socket
    fi
}

with_systemd() { [ -z "$prefix" ] && [ -d /run/systemd/system ]; }

# service start|stop: whatever starts the server here; nothing where there is no such thing.
service() {
    if [ -n "$service_command" ]; then
        $service_command "$1"
    elif with_systemd; then
        systemctl "$1" autocode.service
    else
        note "Not done: $1 of the service, because no systemd runs here; see --service-command."
        return 0
    fi
}

can_start() { [ -n "$service_command" ] || with_systemd; }

# Waits until the server says that it is ready.
healthy() {
    can_start || return 0
    local address end=$((SECONDS + health_seconds)) answer=''
    address=$(setting AUTOCODE_ADDR)
    while [ $SECONDS -lt $end ]; do
        answer=$(curl -sS --max-time 5 "http://${address:-127.0.0.1:3000}/readyz" 2>&1 || true)
        [ "$answer" != ready ] || return 0
        sleep 0.5
    done
    note "After $health_seconds seconds it says: ${answer:-nothing}"
    return 1
}

# point_to RELEASE: what `current` is, changed at once.
point_to() {
    ln -sfn "releases/$1" "$current.new"
    mv -T "$current.new" "$current"
}

# snapshot NAME: copies the database with the old version's program and prints its schema.
snapshot() {
    local file=$backups/$1.tar.gz said
    [ -e "$data/autocode.db" ] || return 0
    said=$(cd "$base" && AUTOCODE_DATA_DIR=$data "$base/$before/autocode" backup --database-only "$file" 2>&1) ||
        die "the database cannot be copied: $said"
    sed -n 's/.*(schema \([0-9]*\)).*/\1/p' <<<"$said"
}

upgrade() {
    local stamp schema now
    stamp=$(date -u +%Y%m%dT%H%M%SZ)
    service stop
    # Stopped first, so that nothing is written between the copy and the upgrade. Agents go on and keep what they have to tell.
    schema=$(snapshot "before-$stamp") || {
        service start
        die "nothing was changed."
    }
    note "the database is kept in $backups/before-$stamp.tar.gz"
    point_to "$release"
    if service start && healthy; then
        note "$release is ready"
        return 0
    fi
    say "$release does not get ready: going back to ${before#releases/}"
    service stop || note "it could not be stopped"
    point_to "${before#releases/}"
    now=$(snapshot "failed-$stamp") || now=unknown
    if [ "$now" != "$schema" ]; then
        # The old version refuses a newer schema.
        (cd "$base" && AUTOCODE_DATA_DIR=$data "$current/autocode" restore --force "$backups/before-$stamp.tar.gz" >/dev/null)
        note "the database of before the upgrade is back; the changed one is kept in $backups/failed-$stamp.tar.gz"
    fi
    placed_units_of "$before"
    service start
    healthy || die "the old version does not get ready either: journalctl -u autocode says why."
    die "$release was not installed; ${before#releases/} runs again."
}

# The unit files of the version that runs again.
placed_units_of() {
    local unit
    for unit in "$here"/deploy/systemd/*.*; do
        [ ! -e "$base/$1/deploy/systemd/$(basename "$unit")" ] || continue
        ! with_systemd || systemctl --quiet disable --now "$(basename "$unit")" 2>/dev/null || true
        rm -f "$units/$(basename "$unit")"
    done
    for unit in "$base/$1"/deploy/systemd/*.*; do
        placed "$unit" >"$units/$(basename "$unit")"
    done
    ! with_systemd || systemctl daemon-reload
}

# Agents that were started long ago run programs of their version: the last three stay.
forget_old_releases() {
    local old
    # shellcheck disable=SC2012
    ls -1t "$releases" | tail -n +4 | while read -r old; do
        case $old in "$release" | "${before#releases/}") continue ;; esac
        rm -rf "${releases:?}/$old"
        note "removed release $old"
    done
}

serve_domain() {
    [ -n "$domain" ] || return 0
    if [ "$proxy" = no ]; then
        note "Not done: Caddy; deploy/Caddyfile is its configuration for https://$domain."
        return 0
    fi
    sed -e "s/{\$AUTOCODE_DOMAIN}/$domain/" -e "s/{\$AUTOCODE_UPSTREAM:[^}]*}/$(setting AUTOCODE_ADDR)/" \
        "$here/deploy/Caddyfile" >"$caddy"
    local main=/etc/caddy/Caddyfile
    if ! grep -qs '^import .*autocode.caddy' "$main"; then
        # Debian's own answers on port 80 with a page about itself.
        if grep -qs '^:80 {' "$main"; then mv "$main" "$main.before-autocode"; fi
        printf 'import %s\n' "$caddy" >>"$main"
    fi
    if with_systemd; then
        systemctl reload-or-restart caddy.service
    else
        note "Not done: restart of Caddy, because no systemd runs here."
    fi
}

farewell() {
    say "AutoCode $release is installed."
    if [ ! -e "$data/autocode.db" ]; then
        note "It has not been started yet."
    elif can_start; then
        note "The link for the first account is in the log: journalctl -u autocode | grep /setup"
        note "or make it here: $ctl create-admin --username NAME --password-stdin"
    fi
    note "What is missing for agents: $ctl doctor"
}

# The service's, the probe's and those of users' cells.
remove_accounts() {
    local name
    for name in $(getent passwd | cut -d: -f1 | grep -Ex "$account(-probe|-[0-9]+)?"); do
        userdel "$name"
    done
}

remove_installation() {
    if [ -x "$current/autocode" ] && [ -e "$data/autocode.db" ]; then
        "$ctl" stop --all || note "not all agents could be ended"
    fi
    service stop || true
    if with_systemd; then
        systemctl --quiet disable autocode.service || true
        systemctl --quiet disable --now autocode-users.path autocode-probe.socket || true
        systemctl list-units --all --plain --no-legend 'autocode-cell@*.socket' | awk '{ print $1 }' |
            xargs -r systemctl --quiet disable --now || true
        systemctl stop 'autocode-cell@*.service' || true
    fi
    # What says whose number is whose stays with the data.
    rm -f "$units"/autocode.service "$units"/autocode.slice "$units"/autocode-*.{service,socket,path} "$tmpfiles/autocode.conf"
    ! with_systemd || systemctl daemon-reload
    rm -rf "${base:?}"
    rm -f "$ctl" "$user_ctl" "$logrotate" "$caddy"
    [ -n "$prefix" ] || sed -i '/^import .*autocode.caddy/d' /etc/caddy/Caddyfile 2>/dev/null || true
    if [ "$purge" = no ]; then
        say "AutoCode is removed. Data ($data), configuration ($etc) and backups ($backups) are still there."
        return 0
    fi
    # Never a folder that is not AutoCode's.
    if [ -e "$data" ] && [ ! -e "$data/autocode.db" ] && [ -n "$(ls -A "$data")" ]; then
        die "$data holds something else than AutoCode's data; it was left alone."
    fi
    rm -rf "${data:?}" "${etc:?}" "${backups:?}" "${run:?}"
    rm -rf "$units"/autocode-cell@*.service.d "$tmpfiles"/autocode-*.conf "$prefix"/etc/sysusers.d/autocode-*.conf
    [ -n "$prefix" ] || remove_accounts
    say "AutoCode, its data and its backups are removed."
}
