//! What a question may cost: so many invocations of a model, retries and all.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use mortar_assistant::{Fault, ModelError};

/// Questions under way at a time are few.
const REMEMBERED: usize = 64;

pub struct Guard {
    most: u32,
    counts: Mutex<VecDeque<(String, u32)>>,
}

impl Guard {
    pub fn new(most: u32) -> Self {
        Guard {
            most,
            counts: Mutex::default(),
        }
    }

    /// Counts one invocation for a question, or says that it has had its share. What is embedded for no
    /// question, a new release, is not counted.
    pub fn take(&self, inference_id: &str) -> Result<(), ModelError> {
        if inference_id.is_empty() {
            return Ok(());
        }
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.iter_mut().find(|c| c.0 == inference_id) {
            if count.1 >= self.most {
                let said = format!("this question has called the models {} times, and may no more", count.1);
                return Err(ModelError::new(Fault::Failed, said));
            }
            count.1 += 1;
            return Ok(());
        }
        counts.push_back((inference_id.to_owned(), 1));
        if counts.len() > REMEMBERED {
            counts.pop_front();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_question_has_its_own_share() {
        let guard = Guard::new(2);
        assert!(guard.take("a").is_ok() && guard.take("b").is_ok() && guard.take("a").is_ok());
        assert!(guard.take("a").is_err() && guard.take("b").is_ok());
        (0..100).for_each(|_| assert!(guard.take("").is_ok()));
    }
}
