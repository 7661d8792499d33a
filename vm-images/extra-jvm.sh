#!/bin/sh
# extra-jvm.sh TREE: puts the lessons' own Java program into a root that has
# Java. Run by root.sh, from a copy, while /proc is mounted there; knows no mirror.
#
# Debian's run-time package brings the compiler as a module, only not as a command.
set -eu

to=/usr/local/lib/lab
install -d "$1$to"
install -m 644 "${0%/*}/Garbage.java" "$1$to/Garbage.java"
# A guest runs this once before it is kept: the first start reads much of libjvm.so (6 s emulated, not 3).
cat >"$1$to/once" <<'END'
#!/bin/sh
exec java -Xint -Xmx16m -cp /usr/local/lib/lab Garbage throw 1
END
chmod 755 "$1$to/once"
chroot "$1" java -m jdk.compiler/com.sun.tools.javac.Main -Werror -Xlint:all -d "$to" "$to/Garbage.java"
