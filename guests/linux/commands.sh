# What a start script does, fifty times: short programs, pipes, substitutions, files. Checks its results.
# Runs in a ramdisk of guests/linux/ramdisk; the last line tells that all was right.
n=0
wrong=0
while [ $n -lt 50 ]; do
    echo "line $n" > /tmp/$n
    [ "$(cat /tmp/$n | cat)" = "line $n" ] || wrong=$((wrong + 1))
    n=$((n + 1))
done
cat /tmp/* > /tmp/all
lines=0
while read line; do lines=$((lines + 1)); done < /tmp/all
uname -a
ls /tmp > /dev/null
[ $lines = 50 ] && [ $wrong = 0 ] && echo "script: all passed"
