//! Takes a lock also after a thread has panicked while it held it. Each of our locks is held for
//! a few instructions that leave its content whole at every step, so there is nothing to distrust.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks `mutex`.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
