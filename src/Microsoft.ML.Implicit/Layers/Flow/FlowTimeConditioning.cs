namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>How the dynamics of a flow depend on time.</summary>
public enum FlowTimeConditioning
{
    /// <summary>Time is one more input of the first layer.</summary>
    Concatenate,

    /// <summary>
    /// Every layer is (x W + b) ∘ σ(t g + c) + t w: time gates and shifts it (Grathwohl et al., FFJORD, 2019, "concatsquash").
    /// </summary>
    ConcatSquash,
}
