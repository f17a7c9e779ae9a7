//! The results as markdown, against what has to be reached and what is aimed for.

use std::time::Duration;

use crate::proxy::load::Load;
use crate::proxy::memory::Memory;
use crate::proxy::refresh::Refresh;
use crate::proxy::rivals::Rival;

/// What, what it has to reach, what it aims for, what it does.
type Row = (&'static str, &'static str, &'static str, String);

/// Everything that was measured.
#[derive(Debug)]
pub(crate) struct Report {
    /// The program, in MiB.
    pub(crate) size: f64,
    /// From the start of the process to its first answer, each time.
    pub(crate) start: Vec<Duration>,
    /// Memory.
    pub(crate) memory: Memory,
    /// Refreshes.
    pub(crate) refresh: Refresh,
    /// Each server under load.
    pub(crate) throughput: Vec<(Rival, Load)>,
}

impl Report {
    /// Prints it.
    pub(crate) fn print(&self) {
        println!(
            "| server | requests a second | ours against it | its core busy | p50 | p99 | at half: p50 | p99 |"
        );
        println!("|---|---|---|---|---|---|---|---|");
        for (rival, load) in &self.throughput {
            println!(
                "| {} | {:.0} | {:.2} × | {:.0} % | {:.2} ms | {:.2} ms | {:.2} ms | {:.2} ms |",
                rival.name(),
                load.peak,
                self.ours().peak / load.peak,
                load.busy * 100.0,
                load.p50,
                load.p99,
                load.half_p50,
                load.half_p99,
            );
        }
        println!("\n| what | must be | aim for | measured |");
        println!("|---|---|---|---|");
        for (what, must, aim, measured) in self.rows() {
            println!("| {what} | {must} | {aim} | {measured} |");
        }
    }

    fn rows(&self) -> impl Iterator<Item = Row> {
        self.speed().into_iter().chain(self.cost())
    }

    fn speed(&self) -> [Row; 5] {
        let against = |rival| format!("{:.2} ×", self.ours().peak / self.load_of(rival).peak);
        let late = format!("{:.2} ms", self.ours().half_p99);
        [
            (
                "requests a second against nginx",
                "≥ 0.6 ×",
                "≥ 1.0 ×",
                against(Rival::Nginx),
            ),
            (
                "against nginx with its log in blocks",
                "",
                "",
                against(Rival::NginxBuffered),
            ),
            (
                "against Apache mod_auth_openidc",
                "≥ 5 ×",
                "≥ 20 ×",
                against(Rival::Apache),
            ),
            (
                "against Node express-openid-connect",
                "≥ 5 ×",
                "≥ 20 ×",
                against(Rival::Express),
            ),
            ("p99 at half of the peak", "≤ 5 ms", "≤ 1 ms", late),
        ]
    }

    fn cost(&self) -> [Row; 6] {
        let mib = |number: f64| format!("{number:.1} MiB");
        let mut start = self.start.clone();
        start.sort_unstable();
        let middle = start.get(start.len() / 2).copied().unwrap_or_default();
        let slowest = start.last().copied().unwrap_or_default();
        let added = |place: usize| {
            let (through, direct) = (self.refresh.through[place], self.refresh.direct[place]);
            ms(through.saturating_sub(direct))
        };
        let refresh = format!("{} (p99 {})", added(0), added(1));
        let start = format!("{} (slowest {})", ms(middle), ms(slowest));
        let memory = &self.memory;
        [
            (
                "added to a refresh, but for fsync",
                "≤ 3 ms",
                "≤ 1 ms",
                refresh,
            ),
            ("memory, idle", "15 MiB", "8 MiB", mib(memory.idle)),
            (
                "memory, 100,000 live sessions",
                "80 MiB",
                "40 MiB",
                mib(memory.sessions),
            ),
            (
                "memory, 10,000 open connections",
                "200 MiB",
                "100 MiB",
                mib(memory.connections),
            ),
            ("start to first answer", "50 ms", "10 ms", start),
            ("binary, stripped", "12 MiB", "6 MiB", mib(self.size)),
        ]
    }

    fn ours(&self) -> Load {
        self.load_of(Rival::Ours)
    }

    fn load_of(&self, rival: Rival) -> Load {
        let found = self.throughput.iter().find(|(known, _)| *known == rival);
        found.map(|(_, load)| *load).unwrap_or_default()
    }
}

fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}
