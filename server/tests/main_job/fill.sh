# What an agent does that wants the whole disk. One line a try in $OUT, "LEAK name" or "closed name", and how much there is
# after each step. Bounded: run outside a cell, where all of it succeeds, it takes 200 MiB for some seconds.
cd "$FILL" || exit 1
try() {
    name=$1
    shift
    if "$@" >/dev/null 2>&1; then echo "LEAK $name" >>"$OUT"; else echo "closed $name" >>"$OUT"; fi
}
try full-disk-by-one-file sh -c "head -c 100663296 /dev/zero >one"
rm -f one
try full-disk-by-a-hole truncate -s 1G hole
rm -f hole
n=0
while [ $n -lt 50 ]; do
    head -c 4194304 /dev/zero >"part-$n" || break
    n=$((n + 1))
    echo "$((4 * n)) MiB" >>"$OUT"
    sleep 0.3
done
try full-disk-by-many-files [ $n -eq 50 ]
echo done >>"$OUT"
# A coding CLI that ends would be started again.
[ -z "$STAY" ] || sleep 300
