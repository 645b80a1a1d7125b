//! A real Secret Service without a desktop: a session bus and GNOME's keyring, in a home of their own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Ends with it.
pub struct Session {
    child: Child,
    /// What a program must have in its environment to find the bus.
    pub bus: String,
}

impl Session {
    /// With a keyring that is open, or locked as after a start without a sign-in.
    pub fn start(home: &Path, unlocked: bool) -> Session {
        let run = home.join("run");
        std::fs::create_dir_all(&run).expect("a folder can be made");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&run, std::fs::Permissions::from_mode(0o700)).expect("it is ours");
        }
        let unlock = if unlocked {
            "printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1"
        } else {
            "gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1"
        };
        let mut child = Command::new("dbus-run-session")
            .args(["--", "sh", "-c"])
            .arg(format!("{unlock}; echo \"$DBUS_SESSION_BUS_ADDRESS\"; exec sleep 3600"))
            .env("HOME", home)
            .env("XDG_RUNTIME_DIR", &run)
            .env_remove("XDG_DATA_HOME")
            .env_remove("DISPLAY")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-run-session: `cargo xtask setup` installs it");
        let mut bus = String::new();
        let out = child.stdout.take().expect("it says where the bus is");
        BufReader::new(out)
            .read_line(&mut bus)
            .expect("it says where the bus is");
        Session {
            child,
            bus: bus.trim().to_owned(),
        }
    }
}

impl Session {
    /// What a program finds the bus by, and the browser in `dir` that needs no person.
    pub fn environment(&self, dir: &Path) -> [(&'static str, String); 2] {
        [
            ("DBUS_SESSION_BUS_ADDRESS", self.bus.clone()),
            ("BROWSER", dir.join("browser").to_string_lossy().into_owned()),
        ]
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // The bus ends with the shell that it runs, and the keyring with the bus.
        let children = Command::new("pkill")
            .args(["-P", &self.child.id().to_string()])
            .status();
        if children.is_err() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
