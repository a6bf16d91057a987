# What a hostile agent tries. One line a try in $OUT: "LEAK name" or "closed name". Bounded: run outside a cell, where
# all of it succeeds, it does no harm.
try() {
    name=$1
    shift
    if "$@" >/dev/null 2>&1; then echo "LEAK $name" >>"$OUT"; else echo "closed $name" >>"$OUT"; fi
}
try other-users-file cat "$DATA/users/eva/projects/secret"
try list-of-users sh -c 'ls "$DATA/users" | grep -q eva'
try database head -c 16 "$DATA/autocode.db"
try master-key cat "$DATA/master.key"
try environment sh -c 'grep -q AUTOCODE_ATTACK_BAIT= /proc/[0-9]*/environ'
try memory sh -c ': <"/proc/$SERVER_PID/mem"'
try signal kill -0 "$SERVER_PID"
try other-users-tmux tmux -S "$RUN/eva/tmux.sock" list-sessions
try unix-socket perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Peer => "$ENV{RUN}/eva/other.sock") or exit 1'
try abstract-socket perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0); connect(S, pack_sockaddr_un("\0$ENV{ABSTRACT}")) or exit 1'
try loopback-port perl -MIO::Socket::INET -e 'IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ENV{PORT}", Timeout => 2) or exit 1'
try symlink sh -c 'ln -sfn "$DATA/users/eva" "$HOME/escape" && cat "$HOME/escape/projects/secret"'
try proc-root sh -c 'cat /proc/[0-9]*/root/"$DATA"/master.key | grep -q .'
try fork-bomb perl -e 'my @p; for (1 .. 700) { my $p = fork; if (!defined $p) { kill 9, @p; exit 1 } if (!$p) { sleep 30; exit } push @p, $p } kill 9, @p'
try memory-hog perl -e 'my $x = "x" x (400 << 20); exit length($x) == 0'
# These lead nowhere outside a cell, so nothing shows there that they could.
for url in "http://127.0.0.1:$PORT/" "http://localhost:$PORT/" "http://[::ffff:127.0.0.1]:$PORT/" http://169.254.169.254/; do
    try "proxy-to-$url" curl -sf --noproxy '' --max-time 5 -x http://127.0.0.1:47471 "$url"
done
echo done >>"$OUT"
# A coding CLI that ends would be started again.
[ -z "$STAY" ] || sleep 300
