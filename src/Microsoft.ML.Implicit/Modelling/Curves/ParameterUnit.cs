namespace Microsoft.ML.Implicit.Modelling.Curves;

/// <summary>What a parameter is measured in.</summary>
/// <param name="Values">The power of the values' unit.</param>
/// <param name="Inputs">The powers of the inputs' units.</param>
/// <param name="Factor">How many of these, as numbers in the expression have it: 14388 of <c>exp(14388 / (t * T))</c> for <c>T</c>.</param>
internal readonly record struct ParameterUnit(double Values, double[] Inputs, double Factor)
{
    /// <summary>Whether it is measured in the units of inputs, to whichever powers.</summary>
    public bool HasInput => Array.Exists(Inputs, power => power != 0);

    /// <summary>Whether it is a plain number.</summary>
    public bool IsNone => Values == 0 && !HasInput;

    /// <summary>The input whose unit it is, so that the parameter may be a place within its range as well as a width; -1 without one.</summary>
    public int PlaceInput => Values == 0 && Inputs.Count(power => power != 0) == 1 ? Array.IndexOf(Inputs, 1.0) : -1;

    /// <summary>Whether it is that of the values, so that the parameter may be one of their levels as well as a difference.</summary>
    public bool IsLevel => Values == 1 && !HasInput;
}
