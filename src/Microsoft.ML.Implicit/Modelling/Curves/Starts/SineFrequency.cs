namespace Microsoft.ML.Implicit.Modelling.Curves.Starts;

/// <summary>A parameter with which the reach of a sine's argument grows or shrinks.</summary>
/// <param name="Parameter">Which.</param>
/// <param name="Argument">Node of the argument.</param>
/// <param name="Value">A magnitude of the parameter.</param>
/// <param name="Reach">How far what the parameter has a part in reaches there.</param>
/// <param name="Power">1 for a frequency, or the rate at which one changes, -1 for a period.</param>
/// <param name="Turn">Radians of the argument after which the curve has the same values again: half of those of a sine where it is squared.</param>
internal readonly record struct SineFrequency(int Parameter, int Argument, double Value, double Reach, int Power, double Turn)
{
    /// <summary>The parameter's magnitude for a reach.</summary>
    public double ValueAt(double reach) => Value * Math.Pow(reach / Reach, Power);

    /// <summary>The reach at a value of the parameter.</summary>
    public double ReachAt(double value) => Reach * Math.Pow(Math.Abs(value) / Value, Power);
}
