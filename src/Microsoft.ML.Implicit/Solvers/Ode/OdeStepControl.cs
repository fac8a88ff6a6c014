namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>
/// How step sizes are chosen: <see cref="FixedStepControl"/>, <see cref="PiStepControl"/>, or an <see cref="AdaptiveStepControl"/> of your own.
/// </summary>
public abstract record OdeStepControl
{
    private protected OdeStepControl()
    {
    }
}
