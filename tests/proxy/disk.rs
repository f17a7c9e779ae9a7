//! Row 19: a disk that is full or read-only, and a database that is damaged inside. Each is told,
//! loses nothing and is recovered from without anybody's help.
//!
//! The disks are small tmpfs, for which the tests have to be root; where they are not, these say so
//! and end.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use fake_spotify::Endpoint;
use tempfile::TempDir;
use tokio::time::sleep;

use crate::harness::process::{Bench, Running, admin, outcome, send};
use crate::harness::wire::Ask;

/// A disk of half a megabyte.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=512k", "none"])
            .arg(folder.path())
            .output();
        if mount.is_ok_and(|output| output.status.success()) {
            return Some(Self(folder));
        }
        eprintln!("SKIPPED: only root can mount a small disk");
        None
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn fill(&self) {
        let mut file = fs::File::create(self.file("filler")).unwrap();
        while file.write_all(&[1; 512]).is_ok() {}
    }

    fn free(&self) {
        fs::remove_file(self.file("filler")).unwrap();
    }

    fn remount(&self, how: &str) {
        let how = format!("remount,{how}");
        let mut mount = Command::new("mount");
        let mounted = mount.args(["-o", &how]).arg(self.0.path()).status();
        assert!(mounted.unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

struct Stage {
    bench: Bench,
    database: PathBuf,
    socket: PathBuf,
}

impl Stage {
    /// With a provider that rotates, and tokens that have to be refreshed at each request.
    async fn new(database: PathBuf) -> Self {
        let bench = Bench::new().await;
        bench.spotify.turn(|knobs| {
            knobs.rotate = true;
            knobs.token_lifetime = 1;
        });
        let socket = bench.file("admin");
        Self {
            bench,
            database,
            socket,
        }
    }

    fn command(&self) -> Command {
        let mut command = self.bench.command();
        command.env("SPOTIFINFO_DB", &self.database).env(
            "SPOTIFINFO_ADMIN_LISTEN",
            format!("unix:{}", self.socket.display()),
        );
        command
    }

    fn start(&self) -> Running {
        Running::start(&mut self.command())
    }

    /// The status of a request for a token, once the last token is no longer good.
    async fn token(&self, running: &Running, cookies: &str) -> String {
        sleep(Duration::from_millis(600)).await;
        let ask = Ask::script("POST", "/api/token").cookies(cookies);
        let answer = send(running.address, &ask).await.unwrap();
        answer[9..12].to_owned()
    }

    async fn is_ready(&self) -> bool {
        admin(&self.socket, "/readyz")
            .await
            .starts_with("HTTP/1.1 200")
    }

    async fn becomes_ready(&self) {
        for _ in 0..100 {
            if self.is_ready().await {
                return;
            }
            sleep(Duration::from_millis(100)).await;
        }
        panic!("it is not ready within ten seconds");
    }

    /// Until it works again by itself.
    async fn gets_a_token(&self, running: &Running, cookies: &str) {
        for _ in 0..20 {
            if self.token(running, cookies).await == "200" {
                return;
            }
        }
        panic!("no token within twelve seconds: {}", running.told());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_19_a_full_disk_is_503_and_unready_and_loses_nothing() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let stage = Stage::new(disk.file("sessions.db")).await;
    let running = stage.start();
    let mut visitors = Vec::new();
    for _ in 0..4 {
        let cookies = stage.bench.log_in(running.address).await.unwrap();
        assert_eq!(stage.token(&running, &cookies).await, "200");
        visitors.push(cookies);
    }
    assert!(stage.is_ready().await);

    disk.fill();
    let before = stage.bench.spotify.count(Endpoint::Refresh);
    for cookies in visitors.iter().chain(&visitors) {
        assert_eq!(stage.token(&running, cookies).await, "503");
        assert!(!stage.is_ready().await);
    }
    let rotated = stage.bench.spotify.count(Endpoint::Refresh) - before;
    assert!(
        rotated <= 1,
        "{rotated} tokens were rotated while none could be written"
    );
    let told = running.told();
    assert!(told.contains("the database fails"), "{told}");
    assert!(told.contains("full"), "{told}");

    disk.free();
    stage.becomes_ready().await;
    for cookies in &visitors {
        stage.gets_a_token(&running, cookies).await;
    }
    assert!(running.told().contains("the database works again"));
    drop(running);
    let running = stage.start();
    for cookies in &visitors {
        assert_eq!(stage.token(&running, cookies).await, "200");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_19_a_read_only_disk_is_refused_with_its_place_and_serves_when_it_is_writable() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let stage = Stage::new(disk.file("sessions.db")).await;
    let running = stage.start();
    let cookies = stage.bench.log_in(running.address).await.unwrap();
    drop(running);
    disk.remount("ro");
    let output = outcome(&mut stage.command());
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{errors}");
    assert!(errors.contains("sessions.db"), "{errors}");
    assert!(errors.contains("Read-only"), "{errors}");
    disk.remount("rw");
    let running = stage.start();
    assert_eq!(stage.token(&running, &cookies).await, "200");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_that_a_full_disk_refuses_are_counted_and_tear_no_other() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let bench = Bench::new().await;
    let (log, socket) = (disk.file("access.log"), bench.file("admin"));
    let mut command = bench.command();
    command.arg("--access-log").arg(&log);
    command
        .arg("--admin-listen")
        .arg(format!("unix:{}", socket.display()));
    let running = Running::start(&mut command);
    let ask = Ask::script("GET", "/api/session").header("User-Agent", &"x".repeat(400));
    let lines = || fs::read_to_string(&log).unwrap();
    send(running.address, &ask).await.unwrap();
    disk.fill();
    let mut sent = 1;
    // The last page still takes some, and a part of one more.
    while !running.told().contains("the access log cannot be written") {
        send(running.address, &ask).await.unwrap();
        sent += 1;
        sleep(Duration::from_millis(30)).await;
        assert!(sent < 200, "the disk is full");
    }
    disk.free();
    for _ in 0..5 {
        send(running.address, &ask).await.unwrap();
        sent += 1;
    }
    let lost = || async {
        let metrics = admin(&socket, "/metrics").await;
        let name = "\nspotifinfo_lost_log_lines_total ";
        let value = metrics.split_once(name).unwrap().1.lines().next();
        value.unwrap().parse::<usize>().unwrap()
    };
    let is_whole = |line: &&str| {
        let seconds = line.rsplit(' ').next().unwrap();
        line.starts_with("127.0.0.1 - - [") && seconds.len() == "0.000000".len()
    };
    for _ in 0..100 {
        if lines().lines().filter(is_whole).count() + lost().await >= sent {
            break;
        }
        sleep(Duration::from_millis(20)).await;
    }
    let lost = lost().await;
    assert!(lost > 0, "{}", lines());
    assert_eq!(lines().lines().filter(is_whole).count() + lost, sent);
    for line in lines().lines() {
        assert!(line.matches("GET /api/session").count() < 2, "{line}");
    }
}

/// Overwrites everything behind the first page.
fn damage(database: &Path) {
    let mut bytes = fs::read(database).unwrap();
    assert!(bytes.len() > 4096, "there are rows behind the first page");
    bytes[4096..].fill(0x5a);
    fs::write(database, bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_19_damage_is_503_and_unready_until_it_is_gone() {
    let folder = TempDir::new().unwrap();
    let stage = Stage::new(folder.path().join("sessions.db")).await;
    let mut running = stage.start();
    let cookies = stage.bench.log_in(running.address).await.unwrap();
    running.signal("TERM");
    running.wait();
    let whole = fs::read(&stage.database).unwrap();
    damage(&stage.database);
    let running = stage.start();
    for _ in 0..3 {
        assert_eq!(stage.token(&running, &cookies).await, "503");
        assert!(!stage.is_ready().await);
    }
    let told = running.told();
    assert!(told.contains("the database fails"), "{told}");
    fs::write(&stage.database, &whole).unwrap();
    stage.becomes_ready().await;
    stage.gets_a_token(&running, &cookies).await;
}
