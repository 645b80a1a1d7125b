//! A front that weighs one release against another: one weighing at a time, which can be stopped, and what was weighed
//! last is what is promoted.

use std::ops::ControlFlow;
use std::sync::{Arc, PoisonError};

use mortar_assistant::Stop;
use mortar_store::rollout::Rollout;

use crate::error::DeskError;
use crate::front::Front;
use crate::promote::{Weighed, Weighing};
use crate::publish::Work;
use crate::stores::StoreOptions;

impl Front {
    /// Whatever was weighed before is forgotten, and what is being weighed is stopped.
    pub(crate) async fn weigh(
        &self,
        sides: [&str; 2],
        tell: &mut (dyn FnMut(Weighing) + Send),
    ) -> Result<Arc<Weighed>, DeskError> {
        let desk = self.desk()?;
        self.stop_weighing();
        let stop = Stop::default();
        *self.unweigh.write().unwrap_or_else(PoisonError::into_inner) = stop.clone();
        let mut watch = |far| {
            tell(far);
            if stop.is_stopped() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let (store, questions) = (StoreOptions::default(), desk.questions());
        let weighed = Arc::new(desk.weigh(&store, sides, &questions, &mut watch).await?);
        // Whoever stopped it at its end looks at nothing, and so promotes nothing.
        if stop.is_stopped() {
            return Err(mortar_measure::MeasureError::Stopped.into());
        }
        *self.weighed.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&weighed));
        Ok(weighed)
    }

    pub(crate) fn stop_weighing(&self) {
        self.unweigh.read().unwrap_or_else(PoisonError::into_inner).stop();
    }

    /// What was weighed last.
    pub(crate) fn weighed(&self) -> Result<Arc<Weighed>, DeskError> {
        let weighed = self.weighed.read().unwrap_or_else(PoisonError::into_inner);
        weighed
            .clone()
            .ok_or_else(|| DeskError::usage("compare the two channels first"))
    }

    pub(crate) async fn promote(&self, nevertheless: Option<String>, share: Option<u8>) -> Result<(), DeskError> {
        let (desk, weighed) = (self.desk()?, self.weighed()?);
        let why = nevertheless.as_deref().map(str::trim);
        if why.is_some_and(str::is_empty) {
            return Err(DeskError::usage("say why it is to be done nevertheless"));
        }
        let rollout = share.filter(|s| *s < 100).map(|share| Rollout {
            share,
            ..Rollout::default()
        });
        let work = Work::open(desk.place(), &StoreOptions::default())?;
        desk.carry_out(&work, &weighed, why, rollout).await.map(drop)
    }
}
