using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Iterations;

/// <summary>
/// Weights ρ and δ of the proximal terms of variables and multipliers in the iterations on a row. The smaller ρ, the farther a step goes where the objective is
/// flat; the smaller δ, the farther multipliers go that hold thin sets. Each falls as long as its term makes much of what a step leaves.
/// </summary>
internal sealed unsafe class ProximalWeights(ConstraintLayout layout)
{
    private const double Initial = 1e-10;
    private const double Smallest = 1e-14;
    private const double Change = 10;

    // Of a residual.
    private const double LargeShare = 0.1;

    private double _gradient;
    private double _complementarity;

    /// <summary>ρ.</summary>
    public double Primal { get; private set; }

    /// <summary>δ.</summary>
    public double Dual { get; private set; }

    /// <summary>Whether the last step was held back along a direction in which the objective is flat.</summary>
    public bool HoldsBack { get; private set; }

    /// <summary>Whether the last residuals changed a weight, so that the next step may do better.</summary>
    public bool HasChanged { get; private set; }

    /// <summary>Begins with another row or point.</summary>
    public void Reset()
    {
        Primal = Initial;
        Dual = Initial;
        _gradient = 0;
        _complementarity = 0;
    }

    /// <summary>
    /// Notes what a step that has been taken leaves, ρ Δz in the gradient, and what it would leave if it could be taken in full, δ λ ∘ Δλ in the complementarity: a
    /// weight that is too large makes steps that end early.
    /// </summary>
    public void Note(DenseIterate x, DenseIterate step, double length)
    {
        _gradient = Primal * length * Vectors.MaxMagnitude(step.Z, layout.Variables);
        _complementarity = Dual * Vectors.DotOfMagnitudes(x.Lambda, step.Lambda, layout.Length);
    }

    /// <summary>Adapts to the residuals after a step.</summary>
    /// <param name="residuals">Those at the iterate.</param>
    /// <param name="options">Tolerances; residuals within them count for nothing.</param>
    public void Adapt(DenseResiduals residuals, InteriorPointOptions options)
    {
        bool isOpen = residuals.Complementarity > options.GapTolerance * residuals.GapScale;
        bool isCostly = residuals.Relative.Dual > options.Tolerance || (residuals.Relative.Gap > options.GapTolerance && !isOpen);
        HoldsBack = isCostly && _gradient > LargeShare * Vectors.MaxMagnitude(residuals.Stationarity, layout.Variables);
        bool leavesGap = isOpen && _complementarity > LargeShare * residuals.Complementarity;
        (double primal, double dual) = (Primal, Dual);
        if (HoldsBack)
        {
            Primal = Math.Max(Primal / Change, Smallest);
        }
        else if (leavesGap)
        {
            Dual = Math.Max(Dual / Change, Smallest);
        }

        HasChanged = Primal != primal || Dual != dual;
    }
}
