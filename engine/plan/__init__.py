"""Policy and measurement → Plan: frozen, fingerprinted, ordered stages. Pure."""

from engine.plan.compile import compile_plan
from engine.plan.explain import explain
from engine.plan.measurement import Measurement
from engine.plan.policy import Policy
from engine.plan.stages import Plan

__all__ = ["Measurement", "Plan", "Policy", "compile_plan", "explain"]
