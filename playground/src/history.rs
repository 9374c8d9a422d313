//! Undo: what the panel was set to before.

use serde_json::Value;

/// How far back it goes.
const KEPT: usize = 100;

/// The settings of one panel through time.
#[derive(Default)]
pub(crate) struct History {
    past: Vec<Value>,
    now: Option<Value>,
    future: Vec<Value>,
}

impl History {
    /// Tells what the panel is set to; `settled` is off while a hand is still moving something.
    pub(crate) fn follow(&mut self, settings: &Value, settled: bool) {
        if !settled || self.now.as_ref() == Some(settings) {
            return;
        }
        if let Some(before) = self.now.replace(settings.clone()) {
            self.past.push(before);
            self.future.clear();
            let extra = self.past.len().saturating_sub(KEPT);
            self.past.drain(..extra);
        }
    }

    pub(crate) fn undo(&mut self) -> Option<Value> {
        let before = self.past.pop()?;
        self.future.extend(self.now.replace(before.clone()));
        Some(before)
    }

    pub(crate) fn redo(&mut self) -> Option<Value> {
        let after = self.future.pop()?;
        self.past.extend(self.now.replace(after.clone()));
        Some(after)
    }

    pub(crate) fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    pub(crate) fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_set_comes_back_and_goes_forth() {
        let mut history = History::default();
        for (n, settled) in [(0, true), (1, false), (2, true), (2, true), (3, true)] {
            history.follow(&json!(n), settled);
        }
        assert_eq!([history.undo(), history.undo(), history.undo()], [Some(json!(2)), Some(json!(0)), None]);
        assert_eq!(history.redo(), Some(json!(2)));
        history.follow(&json!(9), true);
        assert!(!history.can_redo());
        assert_eq!(history.undo(), Some(json!(2)));
    }
}
