using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Iterations;

/// <summary>Finds the least violation of a row's constraints, which always exists, by the same steps without the objective.</summary>
/// <param name="layout">Sizes of the problem.</param>
/// <param name="options">Settings.</param>
/// <param name="residuals">Overwritten.</param>
/// <param name="newton">Overwritten.</param>
/// <param name="predictorCorrector">Steps from these residuals and factors.</param>
internal sealed unsafe class FeasibilityPhase(
    ConstraintLayout layout, InteriorPointOptions options, DenseResiduals residuals, DenseNewton newton, PredictorCorrector predictorCorrector)
{
    /// <summary>A certificate that the constraints contradict each other holds to within this: less could be a solution far away.</summary>
    public const double Rounding = 1e-12;

    private const double Regularisation = 1e-10;
    private const int Iterations = 60;
    private const double Tolerance = 1e-13;
    private const double Refined = 1e-6;

    // By then multipliers of constraints that are no part of a contradiction have vanished.
    private const double Named = 1e-10;

    /// <summary>Whether the least violation is not zero: its multipliers then prove that no point is feasible.</summary>
    /// <param name="row">The row's data.</param>
    /// <param name="x">Overwritten.</param>
    /// <param name="certificate">Receives the multipliers.</param>
    public bool FindContradiction(DenseRow row, DenseIterate x, DenseIterate certificate)
    {
        new Span<double>(x.Z, layout.Variables).Clear();
        new Span<double>(x.Nu, layout.PaddedEqualities).Clear();
        new Span<double>(x.S, layout.Length).Fill(1);
        Vectors.Copy(row.Active, x.Lambda, layout.Length);
        bool found = false;
        for (int iteration = 0; iteration < Iterations; iteration++)
        {
            residuals.UpdateElastic(row, x);
            if (residuals.ProvesInfeasible(row, x, Rounding, options.Tolerance))
            {
                certificate.CopyFrom(x);
                found = true;
            }

            if (!(residuals.Largest > (found ? Named : Tolerance)))
            {
                break;
            }

            newton.FactorElastic(row, x, Regularisation);
            double length = predictorCorrector.FindStep(row, x, residuals.Largest < Refined ? 0 : double.PositiveInfinity);
            predictorCorrector.TakeStep(row, x, length);
        }

        return found;
    }
}
