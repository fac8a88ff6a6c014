using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Carries fields on in time.</summary>
internal static class FieldRollout
{
    // In standard deviations of the data.
    private const double TrainingTolerance = 1e-3;
    private const double ScoringTolerance = 1e-5;
    private const int MostTrainingSteps = 500;
    private const int MostScoringSteps = 5_000;

    /// <summary>Carries the first fields of windows on to the times of those that follow, one after another.</summary>
    /// <param name="dynamics">The equation.</param>
    /// <param name="batch">The windows.</param>
    /// <param name="length">Fields to follow.</param>
    /// <param name="solver">The method.</param>
    /// <param name="differentiable">Whether gradients are wanted; else it is solved more closely.</param>
    /// <param name="cancellationToken">Checked in every step.</param>
    /// <returns>From each field to the next; NaN where it could not be solved. The caller disposes them.</returns>
    public static OdeSolution[] Solve(FieldDynamics dynamics, FieldBatchWindow batch, int length, FieldSolver solver, bool differentiable, CancellationToken cancellationToken)
    {
        OdeOptions options = Options(solver, differentiable ? TrainingTolerance : ScoringTolerance, MostTrainingSteps) with { CancellationToken = cancellationToken };
        var solutions = new List<OdeSolution>();
        try
        {
            while (solutions.Count < length)
            {
                Tensor start = solutions.Count > 0 ? solutions[^1].States[1] : batch.Start;
                solutions.Add(OdeSolver.Solve(new PacedTerm(dynamics, batch.Paces[solutions.Count]), start, [0, 1], options, differentiable));
            }

            return [.. solutions];
        }
        catch
        {
            solutions.ForEach(solution => solution.Dispose());
            throw;
        }
    }

    /// <summary>The fields at the end of one unit of time, closely.</summary>
    /// <param name="term">The equation.</param>
    /// <param name="start">[batch, 1, points...].</param>
    /// <param name="solver">The method.</param>
    /// <param name="meter">Told the evaluations.</param>
    /// <param name="cancellationToken">Checked in every step.</param>
    /// <returns>[batch, 1, points...]; NaN where it could not be solved.</returns>
    public static Tensor Next(IDifferentiableOdeTerm term, Tensor start, FieldSolver solver, SolverMeter meter, CancellationToken cancellationToken)
    {
        OdeOptions options = Options(solver, ScoringTolerance, MostTrainingSteps) with { CancellationToken = cancellationToken };
        using OdeSolution solution = OdeSolver.Solve(term, start, [0, 1], options);
        meter.Add(solution.Statistics.Evaluations);
        return solution.States[1].clone();
    }

    /// <summary>Fields at later times, each row by itself: it does not depend on the others.</summary>
    /// <param name="dynamics">The equation.</param>
    /// <param name="fields">[batch, 1, points...].</param>
    /// <param name="times">Times after these, rising.</param>
    /// <param name="solver">The method.</param>
    /// <returns>[times, batch, 1, points...]; NaN where it could not be solved.</returns>
    public static Tensor Forecast(FieldDynamics dynamics, Tensor fields, double[] times, FieldSolver solver)
    {
        OdeOptions options = Options(solver, ScoringTolerance, MostScoringSteps);
        double[] all = [0, .. times];
        if (solver == FieldSolver.Explicit)
        {
            using OdeSolution rows = OdeSolver.Solve(dynamics, fields, [.. Enumerable.Repeat(all, (int)fields.shape[0])], options);
            return rows.States.narrow(0, 1, times.Length).clone();
        }

        var forecasts = new List<Tensor>();
        for (long row = 0; row < fields.shape[0]; row++)
        {
            using OdeSolution solution = OdeSolver.Solve(dynamics, fields.narrow(0, row, 1), all, options);
            forecasts.Add(solution.States.narrow(0, 1, times.Length).clone());
        }

        return cat(forecasts, 1);
    }

    private static OdeOptions Options(FieldSolver solver, double tolerance, int mostSteps) => new()
    {
        Method = solver == FieldSolver.Explicit ? OdeMethods.Tsit5 : OdeMethods.Kvaerno3,
        StepControl = new PiStepControl { RelativeTolerance = tolerance, AbsoluteTolerance = tolerance },
        MaximumSteps = mostSteps,
    };
}
