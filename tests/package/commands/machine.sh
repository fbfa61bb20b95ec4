#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# machine.sh TREE HUIYING COMMAND...: COMMAND on a machine of its own, as far as namespaces go: this
# system's programs, an empty network with loopback, and /etc, /home, /var, /srv, /mnt, /root that
# begin empty.  What the packages would have installed stands where they put it; TREE is /src,
# read-only.  All of it is gone, processes too, when COMMAND ends.
set -euo pipefail
if [ "${INSIDE:-}" = '' ]; then
    unshare -Urmpfn true 2>/dev/null || {
        echo "no namespaces for users here: the commands cannot be run apart from this machine" >&2
        exit 77
    }
    root=$(mktemp -d)
    trap 'rmdir "$root"' EXIT
    INSIDE=$root unshare -Urmpfn --kill-child "$0" "$@"
    exit
fi
tree=$1 huiying=$2
shift 2
node=$(command -v node)
root=$INSIDE # what is mounted on it nobody outside sees
mount -t tmpfs machine "$root"
cd "$root"
mkdir -p etc/alternatives proc dev tmp var/tmp run root/.config home/dev srv/backup mnt usr src etc/huiying
chmod 1777 tmp var/tmp
# /usr by links, so that there is room for what the packages bring.
mkdir .usr usr/share usr/share/huiying
mount --rbind /usr .usr
for d in /usr/*; do [ "$d" = /usr/share ] || ln -s "/.${d#/}" "usr/${d##*/}"; done
for d in /usr/share/*; do [ "$d" = /usr/share/huiying ] || ln -s "/.${d#/}" "usr/share/${d##*/}"; done
for d in bin sbin lib lib32 lib64; do
    if [ -L /$d ]; then cp -a /$d .; elif [ -d /$d ]; then mkdir $d && mount --rbind /$d $d; fi
done
for d in alternatives fonts ssl ld.so.cache ld.so.conf.d chromium chromium.d localtime; do
    [ -e /etc/$d ] || continue
    if [ -d /etc/$d ]; then mkdir -p etc/$d; else touch etc/$d; fi
    mount --bind /etc/$d etc/$d
done
mount -t proc proc proc
mount --rbind /dev dev
mount --bind "$tree" src
mount -o remount,ro,bind src
case $node in /usr/* | /bin/*) ;; *)
    prefix=$(dirname "$(dirname "$(realpath "$node")")")
    mkdir -p ".$prefix" && mount --bind "$prefix" ".$prefix"
    ;;
esac
# In a namespace of one user, that user is everybody.
printf 'root:x:0:0::/root:/bin/bash\nhuiying:x:0:0::/var/lib/huiying:/usr/sbin/nologin\n' >etc/passwd
printf 'root:x:0:\nhuiying:x:0:\n' >etc/group
echo '127.0.0.1 localhost' >etc/hosts

mkdir opt opt/bin opt/huiying
cp -L "$huiying" opt/huiying/huiying
for p in "$tree"/tests/package/commands/bin/*; do cp "$p" opt/bin/; done
ln -s ../huiying/huiying opt/bin/huiying
for d in rules/national rules/sample packaging/observe; do
    mkdir -p usr/share/huiying/"$(dirname ${d#packaging/})"
    cp -r "$tree/$d" usr/share/huiying/${d#packaging/}
done
ip link set lo up
# Not by exec: the first process of a machine is who takes in orphans.
env -i PATH=/opt/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:"$(dirname "$node")" HOME=/root TMPDIR=/tmp \
    LC_ALL=C.UTF-8 TZ=Asia/Shanghai NO_COLOR=1 LSAN_OPTIONS=print_suppressions=0 \
    chroot "$root" "$@"
