namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>How built-in dynamics depend on time.</summary>
public enum TimeConditioning
{
    /// <summary>They do not: dz/dt = f(z).</summary>
    None,

    /// <summary>Time is one more input of the first layer.</summary>
    Concatenate,
}
