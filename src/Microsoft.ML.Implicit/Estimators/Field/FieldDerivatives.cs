namespace Microsoft.ML.Implicit.Estimators;

/// <summary>How a field's derivatives are computed from its values on the grid.</summary>
public enum FieldDerivatives
{
    /// <summary>Central differences of second order, for rough fields.</summary>
    SecondOrder,

    /// <summary>Central differences of fourth order.</summary>
    FourthOrder,

    /// <summary>Derivatives of the trigonometric sum through all points, for smooth fields, best on periodic axes.</summary>
    Spectral,
}
