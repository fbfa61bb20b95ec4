# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The machine of boot.sh: how its disk is made, how it is switched on and off, how it is spoken to.
#
# Two channels of virtio lead out of it: by "ask" one line of base64 goes in, is executed by bash and
# comes back as its exit status and what it said; what is written to "told" stands at once in $T/told,
# and outlives the machine.  A second disk is a tar file with the packages and guest.sh.
T=$(mktemp -d)
qemu=''
CPU=host,arch-capabilities=off

ok() { printf 'ok   %s\n' "$*"; }
fail() {
    printf 'FAIL %s\n' "$*" >&2
    exit 1
}
finish() {
    power_off
    rm -rf --one-file-system "$T"
}
trap finish EXIT
quietly() { "$@" >"$T/log" 2>&1 </dev/null || { tail -n 30 "$T/log" >&2 && fail "$*"; }; }

# ---- its disk ----

# What a machine of Debian has and debootstrap's smallest does not, what the checks ask with, and (by
# --download-only, for there is no network in the machine) what the packages depend on.
MACHINE="systemd-sysv dbus dbus-user-session libpam-systemd udev kmod procps iproute2 initramfs-tools"
TOOLS="curl jq python3 strace redis-tools xvfb dunst"

make_image() {
    local root=$T/root
    [ -n "$mirror" ] || mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -v security | head -n 1)
    in_root() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }
    quietly debootstrap --variant=minbase bookworm "$root" "$mirror"
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" && chmod 755 "$root/usr/sbin/policy-rc.d"
    # shellcheck disable=SC2086
    quietly in_root apt-get install -y --no-install-recommends $MACHINE $TOOLS linux-image-cloud-amd64
    cp "$debs"/huiying*.deb "$root/tmp/"
    quietly in_root sh -c 'apt-get install -y --no-install-recommends --download-only /tmp/huiying*.deb'
    rm "$root"/tmp/huiying*.deb "$root/usr/sbin/policy-rc.d"
    furnish "$root"
    cp -L "$root/vmlinuz" "$debs/machine.kernel"
    cp -L "$root/initrd.img" "$debs/machine.initrd"
    quietly truncate -s 6G "$debs/machine.new"
    quietly mkfs.ext4 -q -d "$root" "$debs/machine.new"
    rm -rf --one-file-system "$root"
    mv "$debs/machine.new" "$debs/machine.img"
}

# The channel, a site, a person with a desktop.
furnish() {
    local root=$1
    echo boot >"$root/etc/hostname"
    printf '127.0.0.1 localhost boot\n::1 localhost\n' >"$root/etc/hosts"
    echo '/dev/vda / ext4 defaults 0 1' >"$root/etc/fstab"
    install -m 755 "$here/boot/channel.sh" "$root/usr/local/sbin/channel"
    install -m 644 "$here"/boot/*.service "$root/etc/systemd/system/"
    quietly in_root systemctl enable channel.service site.service
    quietly in_root useradd -m -s /bin/bash person
    mkdir -p "$root/srv/site"
}

# The packages, the same again with a higher version, and the checks.
make_parcel() {
    local p=$T/parcel
    mkdir -p "$p/new"
    cp "$debs"/huiying*.deb "$here/boot/guest.sh" "$here/../../docs/SECURITY.md" "$p/"
    quietly dpkg-deb -R "$p"/huiying_*.deb "$p/new/tree"
    sed -i 's/^Version: .*/&+boot/' "$p/new/tree/DEBIAN/control"
    quietly dpkg-deb -Zgzip -z1 --root-owner-group -b "$p/new/tree" "$p/new"
    rm -rf "$p/new/tree"
    tar -C "$p" -cf "$T/parcel.tar" .
    truncate -s %1M "$T/parcel.tar"
    cp --sparse=always "$debs/machine.img" "$T/disk"
}

# ---- its switch ----

# /dev/kvm may be there and not work (a machine within a machine): Debian's kernel without a disk gets as
# far as its panic, which ends qemu, or it does not.
kvm_works() {
    [ -e /dev/kvm ] && timeout 30 qemu-system-x86_64 -accel kvm -cpu $CPU -M pc -m 512 -nodefaults -nic none -display none -no-reboot \
        -kernel "$debs/machine.kernel" -append panic=-1 >"$T/kvm" 2>&1 </dev/null
}

boot() {
    rm -f "$T"/ask.in "$T"/ask.out && mkfifo "$T/ask.in" "$T/ask.out"
    touch "$T/told"
    qemu-system-x86_64 -accel $accel -cpu $([ $accel = tcg ] && echo max || echo $CPU) -M pc -smp 2 -m 2048 -nodefaults -nic none -display none \
        -kernel "$debs/machine.kernel" -initrd "$debs/machine.initrd" \
        -append 'root=/dev/vda rw console=ttyS0 panic=-1 quiet' \
        -drive file="$T/disk",format=raw,if=virtio -drive file="$T/parcel.tar",format=raw,if=virtio,readonly=on \
        -chardev file,id=console,path="$T/console",append=on -serial chardev:console \
        -device virtio-rng-pci -device virtio-serial \
        -chardev pipe,id=ask,path="$T/ask" -device virtserialport,chardev=ask,name=ask \
        -chardev file,id=told,path="$T/told",append=on -device virtserialport,chardev=told,name=told \
        >"$T/qemu" 2>&1 </dev/null &
    qemu=$!
    exec {to}<>"$T/ask.in" {from_it}<>"$T/ask.out"
    hears_it 180
}

# As if the cable were drawn: what the machine had not brought to its disk is gone.
power_off() {
    [ -n "$qemu" ] || return 0
    kill -9 "$qemu" 2>/dev/null || :
    wait "$qemu" 2>/dev/null || :
    qemu=''
}

# ---- speaking to it ----

patience() { [ $accel = tcg ] && echo $(($1 * 10)) || echo "$1"; }

hears_it() {
    local line
    while read -r -t "$(patience "$1")" -u "$from_it" line || gone; do
        [ "$line" != awake ] || return 0
    done
}

gone() {
    tail -n 40 "$T/console" "$T/qemu" >&2
    fail "the machine does not answer"
}

tell() { printf '%s\n' "$(base64 -w0 <<<"$1")" >&"$to"; }

# ask TEXT LIMIT: sets $said and returns what TEXT returned.
ask() {
    local line
    tell "$1"
    read -r -t "$(patience "$2")" -u "$from_it" line || gone
    said=$(base64 -d <<<"${line#* }")
    return "${line%% *}"
}
guest_says() { ask "$1" 60 && printf '%s\n' "$said"; }

# guest FUNCTION LIMIT [ARGUMENT...]: a check of guest.sh.
guest() {
    ask "PATIENCE=$(patience 1) bash /root/parcel/guest.sh $1 ${*:3}" "$2" && return
    printf '%s\n' "$said" >&2
    ask 'journalctl -b --no-pager -n 60 -o short-precise' 60 || :
    printf -- '--- the end of the journal\n%s\n' "$said" >&2
    fail "$1"
}

# Whether it still answers that it will is a race; that it wakes up is none.
guest_goes() { # reboot
    tell "systemctl --no-block $1"
    hears_it 180
}

told_at_least() {
    local limit=$((SECONDS + $(patience "$2")))
    until [ "$(grep -c . "$T/told")" -ge "$1" ]; do
        [ $SECONDS -lt $limit ] || gone
        sleep 0.1
    done
}
