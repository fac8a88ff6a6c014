namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>Which zero crossings count as an event, along the direction of integration.</summary>
public enum EventDirection
{
    /// <summary>Both.</summary>
    Any,

    /// <summary>From negative to positive.</summary>
    Rising,

    /// <summary>From positive to negative.</summary>
    Falling,
}
