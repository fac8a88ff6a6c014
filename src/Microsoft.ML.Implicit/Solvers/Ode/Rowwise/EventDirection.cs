namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>Which zero crossings count as an event, along the travel: in a solve backward in time, a function that rises with time falls.</summary>
public enum EventDirection
{
    /// <summary>Both.</summary>
    Any,

    /// <summary>From negative to positive.</summary>
    Rising,

    /// <summary>From positive to negative.</summary>
    Falling,
}
