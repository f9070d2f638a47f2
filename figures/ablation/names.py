"""What each variant of the registry changes, in words, and where its row stands in a figure.

Held here because a figure is drawn without torch; a test compares the names with the registry. A
variant that is not here is drawn under its name alone, after the others.
"""

from __future__ import annotations

from types import MappingProxyType

# In the order of the rows: critic, objective, weights, value, actions, behaviour model, data.
PURPOSES: MappingProxyType[str, str] = MappingProxyType(
    {
        "AWAC[Q-beta]": "critic: advantage of the data's policy, by TD(λ)",
        "AWAC[Monte-Carlo]": "critic: advantage of the data's policy, by whole returns",
        "AWAC[no-clamp]": "critic: Q is not clamped",
        "AWAC[reverse-KL]": "objective: reverse KL to exp(A/λ) times a behaviour model",
        "AWAC[unnormalised]": "normaliser: Z = 1",
        "AWAC[batch]": "normaliser: mean weight 1 in each batch",
        "AWAC[Z(s)]": "normaliser: Z(s) from 10 actions of a behaviour model",
        "AWAC[Z(s)-50]": "normaliser: Z(s) from 50 actions of a behaviour model",
        "AWAC[clip]": "weights: advantages clipped at 6.7 λ, no cap",
        "AWAC[no-clip]": "weights: bounded by nothing",
        "AWAC[V-sampled]": "value: V(s) at one action of the policy",
        "AWAC[V-mode]": "value: V(s) at the mode of the policy",
        "AWAC[policy-actions]": "actions: the policy's own, not the buffer's",
        "AWAC[prior-actions]": "actions: a behaviour model's, not the buffer's",
        "AWAC[task-rewards]": "rewards: in the task's units",
        "AWAC[free-std]": "policy: one standard deviation for all states",
        "AWAC[state-std]": "policy: a standard deviation for each state",
        "AWAC[imitation]": "objective: imitates the demonstrations beside, weight 1",
        "AWAC[push-lambda]": "weights: λ 0.03, mean weight 1 in each batch",
        "AWAC[raw]": "observations: as they are",
        "AWAC[standardised]": "observations: standardised",
        "AWAC[scratch]": "data: none, learns online alone",
        "AWAC[push-scratch]": "data: none, learns online alone; weights: λ 0.03 over the batch",
        "SAC[entropy]": "objective: entropy bonus, its temperature learned; no clamp",
        "SAC[raw]": "observations: as they are",
        "SAC[standardised]": "observations: standardised",
        "SAC[no-data]": "data: none, all else as SAC",
        "SAC[scratch]": "data: none, learns online alone; as Haarnoja 2018",
        "SAC+BC[Q-filter]": "objective: imitates only what Q prefers to the policy",
        "SAC+BC[entropy]": "objective: entropy bonus, its temperature learned; no clamp",
        "BC[raw]": "observations: as they are",
        "BC[standardised]": "observations: standardised",
        "BC[all]": "data: clones the whole buffer, not demonstrations alone",
        "BRAC[policy]": "constraint: divergence in the policy's loss alone (BRAC-p)",
        "BRAC[likelihood]": "behaviour: a model by likelihood alone, SAC's bounds of log σ",
        "BRAC[released]": "constraint: the published shift, constant over each batch",
        "AWR[SGD]": "optimiser: AWR's own, its learning rates, a fixed deviation",
        "MPO[full]": "weights: temperature by its dual, KL trust region",
        "MPO[released]": "actions: the published sample, which carries gradient",
        "ABM-MPO[returns]": "behaviour: prior keeps actions whose return exceeds V(s)",
        "ABM-MPO[exponential]": "behaviour: prior weighted by exp(A/λ) over the batch",
    }
)
