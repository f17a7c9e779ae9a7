//! Leaves out the shortcodes' calls that nothing shows: a `.md` template may drop the body that
//! it is given, and with it the calls in there.

use super::body::{Call, CallId, Piece};

/// Those of `calls` that `pieces` show, themselves or in the bodies of shown calls. All pieces name
/// them by their new places then.
pub(super) fn kept(pieces: &mut [Piece], calls: Vec<Call<Piece>>) -> Vec<Call<Piece>> {
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

/// For each call, whether it is shown. A call stands behind those in its body, so that one way
/// from the last to the first finds all.
fn shown(pieces: &[Piece], calls: &[Call<Piece>]) -> Vec<bool> {
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

/// Replaces each call's old place by its new one.
fn rename(pieces: &mut [Piece], places: &[CallId]) {
    for piece in pieces {
        if let Piece::Call(id) = piece {
            *id = places[id.index()];
        }
    }
}
