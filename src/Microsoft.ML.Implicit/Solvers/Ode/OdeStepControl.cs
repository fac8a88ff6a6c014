namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>How step sizes are chosen: <see cref="FixedStepControl"/> or <see cref="PiStepControl"/>.</summary>
public abstract record OdeStepControl;
