//! Work that a request starts and that goes on when the client leaves: redeeming a code, replacing
//! a refresh token, erasing a session. There is a limit to how much of it goes on at once, and the
//! end of the process waits for it.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// How much may go on at once.
const MOST: u32 = 1024;

/// Starts such work and waits for it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tasks(Arc<Semaphore>);

impl Default for Tasks {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST as usize)))
    }
}

impl Tasks {
    /// Starts `work`; `None` where too much goes on already, or all of it is to end.
    pub fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<JoinHandle<T>> {
        let place = Arc::clone(&self.0).try_acquire_owned().ok()?;
        Some(tokio::spawn(async move {
            let result = work.await;
            drop(place);
            result
        }))
    }

    /// Waits until nothing of it goes on.
    pub async fn finish(&self) {
        drop(self.0.acquire_many(MOST).await);
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, Tasks};
    use std::future::pending;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    #[tokio::test]
    async fn work_is_finished_also_where_nobody_waits_for_its_result() {
        let tasks = Tasks::default();
        let done = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&done);
        drop(tasks.spawn(async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            flag.store(true, Ordering::Relaxed);
        }));
        tasks.finish().await;
        assert!(done.load(Ordering::Relaxed));
    }

    #[tokio::test]
    async fn there_is_a_limit() {
        let tasks = Tasks::default();
        let started = (0..=MOST)
            .filter_map(|_| tasks.spawn(pending::<()>()))
            .count();
        assert_eq!(started, MOST as usize);
    }

    #[tokio::test]
    async fn a_panic_frees_its_place() {
        let tasks = Tasks::default();
        let work = tasks.spawn(async { panic!("on purpose") }).expect("room");
        assert!(work.await.is_err());
        tasks.finish().await;
    }
}
