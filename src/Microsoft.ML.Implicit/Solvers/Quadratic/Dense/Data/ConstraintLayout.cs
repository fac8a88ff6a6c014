using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;

/// <summary>
/// Where the parts of a constraint vector lie: the rows of G, then one entry a variable for lower bounds, then for upper bounds, where a problem has them.
/// Every part is padded to a multiple of eight.
/// </summary>
internal sealed class ConstraintLayout
{
    public ConstraintLayout(int variables, int inequalities, int equalities, bool hasLower, bool hasUpper)
    {
        ActualVariables = variables;
        Inequalities = inequalities;
        Equalities = equalities;
        HasLower = hasLower;
        HasUpper = hasUpper;
        Variables = Panel.Pad(variables);
        General = Panel.Pad(inequalities);
        PaddedEqualities = Panel.Pad(equalities);
        LowerOffset = General;
        UpperOffset = LowerOffset + (hasLower ? Variables : 0);
        Length = UpperOffset + (hasUpper ? Variables : 0);
    }

    public int ActualVariables { get; }

    public int Inequalities { get; }

    public int Equalities { get; }

    public bool HasLower { get; }

    public bool HasUpper { get; }

    /// <summary>Padded number of variables.</summary>
    public int Variables { get; }

    /// <summary>Padded number of rows of G.</summary>
    public int General { get; }

    public int PaddedEqualities { get; }

    public int LowerOffset { get; }

    public int UpperOffset { get; }

    /// <summary>Length of a constraint vector.</summary>
    public int Length { get; }
}
