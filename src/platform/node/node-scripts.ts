// SPDX-License-Identifier: Apache-2.0

/** A word of a shell command, whatever is in it. */
export const shellQuote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** What keeps running inside a node. */
export const NODE_SERVICES = ["containerd", "agent"] as const;
export type NodeService = (typeof NODE_SERVICES)[number];

/**
 * Run on the machine: `sh -c LAUNCH launch NETNS INIT CGROUP_PROCS…`. It puts itself into the node's cgroups, then into
 * its network namespace (not with `ip netns exec`, which would mount /sys without cgroups), then makes the others.
 * The process that stays outside only waits for PID 1; when one ends, so does the other.
 */
export const LAUNCH_SCRIPT = `set -e
netns=$1 init=$2
shift 2
for procs; do echo 0 > "$procs"; done
exec nsenter --net="$netns" unshare --mount --uts --ipc --pid --fork --kill-child -- /bin/sh "$init"
`;

/** The node's own files that stand in for those of the machine: target and source in the node's folder. */
const BINDS = [
  ["/var/lib/kubelet", "kubelet"],
  ["/var/lib/cni", "cni-state"],
  ["/var/log/pods", "log/pods"],
  ["/var/log/containers", "log/containers"],
] as const;

const FILE_BINDS = [
  ["/etc/hosts", "hosts"],
  ["/etc/hostname", "hostname"],
  ["/etc/resolv.conf", "resolv.conf"],
] as const;

/** Folders of the machine that nodes put their own over; they must exist. */
export const BIND_TARGETS: readonly string[] = BINDS.map(([target]) => target);
/** Folders in the node's folder that are needed. */
export const BIND_SOURCES: readonly string[] = BINDS.map(([, source]) => source);

/** Where PID 1 leaves its process id on the machine and its start time. */
export const pid1File = (folder: string): string => `${folder}/pid1`;
/** Where the process id of a service, as seen in the node, is left. */
export const servicePidFile = (folder: string, service: NodeService): string => `${folder}/${service}.pid`;
/** The script that becomes a service. */
export const serviceScriptFile = (folder: string, service: NodeService): string => `${folder}/${service}.sh`;
export const serviceLogFile = (folder: string, service: NodeService): string => `${folder}/log/${service}.log`;

/**
 * PID 1 of a node up to the point where it hands over to one that reaps orphans. The machine's /proc, as long as it is
 * there, tells its process id on the machine. Bindings of other namespaces are dropped: they would keep those alive.
 */
export function initScript(folder: string, hostname: string, reaper: readonly string[]): string {
  const oldSys = shellQuote(`${folder}/sys`);
  const pid1 = pid1File(folder);
  return `set -eu
read -r stat < /proc/self/stat
pid=\${stat%% *}
set -- \${stat##*) }
mount --make-rprivate /
sed -n 's/^\\([^ ]* \\)\\{4\\}\\([^ ]*\\) .* - nsfs .*/\\2/p' /proc/self/mountinfo | while read -r path; do
  umount "$path"
done
echo ${shellQuote(hostname)} > /proc/sys/kernel/hostname
mkdir -p ${oldSys}
mount --rbind /sys ${oldSys}
mount -t sysfs sysfs /sys
for part in fs/cgroup fs/bpf kernel/security kernel/debug kernel/tracing; do
  old=${oldSys}/$part
  if [ -d "/sys/$part" ] && mountpoint -q "$old"; then mount --rbind "$old" "/sys/$part"; fi
done
umount -l ${oldSys}
resolv=$(readlink -f /etc/resolv.conf || true)
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs /run
mkdir -p /run/lock /run/containerd
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /dev/shm
case "$resolv" in
  /run/*) mkdir -p "$(dirname "$resolv")"; : > "$resolv" ;;
esac
${FILE_BINDS.map(([target, source]) => bindFile(target, `${folder}/${source}`)).join("\n")}
${BINDS.map(([target, source]) => `mount --bind ${shellQuote(`${folder}/${source}`)} ${target}`).join("\n")}
mount -t proc -o nosuid,nodev,noexec proc /proc
mount --make-rshared /
cd /
echo "$pid \${20}" > ${shellQuote(`${pid1}.new`)}
mv ${shellQuote(`${pid1}.new`)} ${shellQuote(pid1)}
exec ${[...reaper, "/bin/sh", `${folder}/supervise.sh`].map(shellQuote).join(" ")}
`;
}

const bindFile = (target: string, source: string): string =>
  `if [ -e ${target} ]; then mount --bind ${shellQuote(source)} ${target}; fi`;

/** A service that ended is started again at once, and ever later when it keeps ending: seconds. */
const RESTART_DELAYS = ["0.2", "1", "2", "4", "8", "16"];
/** A service that ran so long starts again without delay. */
const STEADY_SECONDS = 10;
/** A log that is longer is put aside; it is looked at this often. */
const MAX_LOG_BYTES = 16 << 20;
const LOG_CHECK_SECONDS = 3_600;

/** Keeps the services running; when this script ends, the node does. */
export function superviseScript(folder: string, services: readonly NodeService[]): string {
  return `set -u
folder=${shellQuote(folder)}
bound_log() {
  if [ -e "$1" ] && [ "$(stat -c %s "$1")" -gt ${MAX_LOG_BYTES} ]; then
    cp "$1" "$1.1"
    : > "$1"
  fi
}
bound_logs() {
  while sleep ${LOG_CHECK_SECONDS}; do
    for log in "$folder"/log/*.log; do bound_log "$log"; done
  done
}
keep() {
  name=$1 failures=0
  log=$folder/log/$name.log
  while :; do
    read -r started _ < /proc/uptime
    bound_log "$log"
    /bin/sh "$folder/$name.sh" < /dev/null >> "$log" 2>&1 &
    echo $! > "$folder/$name.pid.new"
    mv "$folder/$name.pid.new" "$folder/$name.pid"
    wait $!
    read -r ended _ < /proc/uptime
    if [ $((\${ended%.*} - \${started%.*})) -ge ${STEADY_SECONDS} ]; then failures=0; fi
    case $failures in
${RESTART_DELAYS.map((delay, i) => `      ${i === RESTART_DELAYS.length - 1 ? "*" : i}) sleep ${delay} ;;`).join("\n")}
    esac
    failures=$((failures + 1))
  done
}
${services.map((service) => `keep ${service} &`).join("\n")}
bound_logs &
wait
`;
}

/** The script that becomes a command with an environment of its own. */
export function serviceScript(argv: readonly string[], env: Readonly<Record<string, string>>): string {
  const words = ["env", "-i", ...Object.entries(env).map(([name, value]) => `${name}=${value}`), ...argv];
  return `exec ${words.map(shellQuote).join(" ")}\n`;
}
