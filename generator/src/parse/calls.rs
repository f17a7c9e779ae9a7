//! Removes the shortcode calls that are not shown: a `.md` template may drop its body, and with it
//! the calls in it.

use super::body::{Call, CallId, Piece};

/// Keeps those of `calls` that `pieces` refer to, directly or through the bodies of other calls,
/// and adapts the ids in all pieces.
pub(super) fn kept(pieces: &mut [Piece], calls: Vec<Call>) -> Vec<Call> {
    let shown = shown(pieces, &calls);
    if shown.iter().all(|shown| *shown) {
        return calls;
    }
    let mut places = Vec::with_capacity(calls.len());
    let mut kept = Vec::new();
    for (mut call, shown) in calls.into_iter().zip(shown) {
        places.push(CallId::new(kept.len()));
        if shown {
            if let Some(body) = &mut call.body {
                rename(&mut body.raw, &places);
                rename(&mut body.html, &places);
            }
            kept.push(call);
        }
    }
    rename(pieces, &places);
    kept
}

/// For each call, whether it is shown. A call stands behind the calls in its body, so that one pass
/// from the last to the first finds all.
fn shown(pieces: &[Piece], calls: &[Call]) -> Vec<bool> {
    let mut shown = vec![false; calls.len()];
    mark(pieces, &mut shown);
    for (at, call) in calls.iter().enumerate().rev() {
        if let (true, Some(body)) = (shown[at], &call.body) {
            mark(&body.raw, &mut shown);
            mark(&body.html, &mut shown);
        }
    }
    shown
}

fn mark(pieces: &[Piece], shown: &mut [bool]) {
    for piece in pieces {
        if let Piece::Call(id) = piece {
            shown[id.index()] = true;
        }
    }
}

/// Replaces each call's old id by its new one.
fn rename(pieces: &mut [Piece], places: &[CallId]) {
    for piece in pieces {
        if let Piece::Call(id) = piece {
            *id = places[id.index()];
        }
    }
}
