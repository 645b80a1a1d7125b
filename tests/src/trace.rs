//! What a program and all that it starts write and call, as strace sees it.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The calls by which a file is made or anything leaves; those with a mark are not on every processor.
const CALLS: &str = "trace=network,?open,openat,?openat2,?creat,?mkdir,mkdirat,?rename,?renameat,renameat2,?link,linkat,\
                     ?symlink,symlinkat,?mknod,mknodat,truncate";

/// Runs what follows under strace, which notes in a file what it sees. The program is the child itself,
/// to be waited for and killed as without.
pub fn strace(file: &Path) -> Command {
    let mut c = Command::new("strace");
    c.args(["-D", "-f", "--seccomp-bpf", "-y", "-e", CALLS, "-o"]).arg(file);
    c
}

/// What was seen, a call a line.
pub struct Seen(String);

impl Seen {
    /// Waits until all of it has ended.
    pub fn read(file: &Path) -> Seen {
        for _ in 0..200 {
            let text = std::fs::read_to_string(file).unwrap_or_default();
            let alive = |pid: &str| Path::new("/proc").join(pid).exists();
            let pids: BTreeSet<&str> = text.lines().filter_map(|l| l.split(' ').next()).collect();
            if !pids.is_empty() && !pids.into_iter().any(alive) {
                return Seen(text);
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("{}: what was traced does not end", file.display());
    }

    fn calls<'s>(&'s self, names: &'s [&str]) -> impl Iterator<Item = &'s str> {
        self.0.lines().filter(move |line| {
            let call = line.split_once(' ').map_or("", |(_, call)| call.trim_start());
            names
                .iter()
                .any(|n| call.strip_prefix(n).is_some_and(|rest| rest.starts_with('(')))
        })
    }

    /// Whether a file was opened, in whatever way.
    pub fn opened(&self, name: &str) -> bool {
        self.calls(&["open", "openat", "openat2"])
            .any(|line| line.contains(name))
    }

    /// Calls that lead out of this machine, or could: to an address that is not its own, or by another family
    /// than those of sockets of this machine and of the network.
    pub fn calls_out(&self) -> Vec<&str> {
        let strange = self.calls(&["socket"]).filter(|line| {
            let own = ["AF_UNIX", "AF_INET", "AF_INET6"]
                .iter()
                .any(|f| line.contains(&format!("({f},")));
            // glibc and GLib ask the kernel which addresses this machine has.
            !own && !line.contains("NETLINK_ROUTE")
        });
        let addressed = self.calls(&["connect", "sendto", "sendmsg", "sendmmsg"]);
        strange.chain(addressed.filter(|line| leads_out(line))).collect()
    }

    /// The sockets of this machine that were called.
    pub fn sockets(&self) -> BTreeSet<&str> {
        let paths = self
            .calls(&["connect", "sendto", "sendmsg"])
            .filter_map(|line| line.split_once("sun_path="));
        paths
            .filter_map(|(_, path)| path.trim_start_matches('@').strip_prefix('"')?.split('"').next())
            .collect()
    }

    /// What was made, or opened to be written.
    pub fn written(&self) -> BTreeSet<PathBuf> {
        let opened = self.calls(&["open", "openat", "openat2"]);
        let opened = opened.filter(|l| ["O_WRONLY", "O_RDWR", "O_CREAT"].iter().any(|f| l.contains(f)));
        let made = self.calls(&[
            "creat",
            "mkdir",
            "mkdirat",
            "rename",
            "renameat",
            "renameat2",
            "link",
            "linkat",
            "symlink",
            "symlinkat",
            "mknod",
            "mknodat",
            "truncate",
        ]);
        // What is there already is not made.
        let made = made.filter(|l| !l.contains("EEXIST"));
        opened.chain(made).filter_map(path_of).collect()
    }
}

fn leads_out(line: &str) -> bool {
    let address = |before: &str| -> Option<IpAddr> { line.split_once(before)?.1.split('"').next()?.parse().ok() };
    let found = address("inet_addr(\"").or_else(|| address("inet_pton(AF_INET6, \""));
    line.contains("sa_family=AF_INET") && !found.is_some_and(|a| a.to_canonical().is_loopback())
}

/// The path that a call ends up at: its last one, in the folder before it where it does not begin at the root.
fn path_of(line: &str) -> Option<PathBuf> {
    let mut pieces = line.rsplitn(3, '"').skip(1);
    let (path, before) = (pieces.next()?, pieces.next()?);
    let folder = before.rsplit_once('<').and_then(|(_, f)| f.split('>').next());
    Some(Path::new(folder.unwrap_or("/")).join(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_out_and_what_is_written_is_seen() {
        let seen = Seen(
            r#"7  socket(AF_INET, SOCK_DGRAM|SOCK_CLOEXEC, IPPROTO_IP) = 9<UDP:[1]>
7  connect(9<UDP:[1]>, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("10.0.0.2")}, 16) = 0
7  connect(9<TCP:[2]>, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16) = 0
8  connect(9<TCPv6:[3]>, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "2620:1ec::1", &sin6_addr), sin6_scope_id=0}, 28 <unfinished ...>
8  socket(AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_ROUTE) = 9<NETLINK:[4]>
8  socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)) = 9<PACKET:[5]>
8  connect(3<UNIX:[6]>, {sa_family=AF_UNIX, sun_path=@"/tmp/.X11-unix/X9"}, 20) = 0
8  openat(AT_FDCWD</home>, "/etc/hosts", O_RDONLY|O_CLOEXEC) = 9</etc/hosts>
8  openat(AT_FDCWD</home>, "/a/queue.db", O_RDWR|O_CREAT|O_CLOEXEC, 0644) = 9</a/queue.db>
8  openat(9</b>, "id", O_WRONLY|O_CREAT|O_EXCL, 0600) = 10</b/id>
8  mkdir("/a", 0777) = -1 EEXIST (File exists)
8  renameat(9</b>, "new", 9</c>, "old") = 0
"#
            .to_owned(),
        );
        let out = seen.calls_out();
        assert_eq!(out.len(), 3, "{out:#?}");
        for part in ["AF_PACKET", "10.0.0.2", "2620:1ec::1"] {
            assert!(out.iter().any(|l| l.contains(part)), "{part}");
        }
        assert_eq!(seen.sockets().into_iter().collect::<Vec<_>>(), ["/tmp/.X11-unix/X9"]);
        let written: Vec<PathBuf> = seen.written().into_iter().collect();
        assert_eq!(written, ["/a/queue.db", "/b/id", "/c/old"].map(PathBuf::from));
        assert!(seen.opened("/etc/hosts") && !seen.opened("/etc/passwd"));
    }
}
