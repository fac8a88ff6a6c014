using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Roots;
using Microsoft.ML.Implicit.Solvers.Ode.Common;
using Microsoft.ML.Implicit.Solvers.Ode.Stages;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Replays;

/// <summary>
/// Repeats the steps of a diagonally implicit method. Each stage is a root, attached to the graph by the implicit function theorem: nothing of
/// Newton's iterations is differentiated.
/// </summary>
internal sealed class ImplicitRungeKuttaReplay : CommonReplay
{
    private readonly IDifferentiableOdeTerm _term;
    private readonly DiagonallyImplicitRungeKutta _method;
    private readonly AdaptiveStepControl? _control;
    private readonly long[] _shape;
    private readonly ImplicitStages _stages;
    private readonly ILinearSolver _solver = StageOperator.CreateSolver();
    private Tensor? _first;

    /// <param name="term">Right-hand side, whose rows do not depend on one another.</param>
    /// <param name="method">Method.</param>
    /// <param name="control">Tolerances of the forward solve; <see langword="null"/> for fixed steps.</param>
    /// <param name="start">Initial state, <c>[batch, ...]</c>.</param>
    public ImplicitRungeKuttaReplay(IDifferentiableOdeTerm term, DiagonallyImplicitRungeKutta method, AdaptiveStepControl? control, Tensor start)
    {
        _term = term;
        _method = method;
        _control = control;
        _shape = start.shape;
        _stages = ImplicitStages.OfRows(term, method, start);
    }

    protected override Tensor Take(OdeStep step, Tensor state, ReadOnlySpan<double> thetas, List<Tensor> outputs)
    {
        using (no_grad())
        {
            _stages.Repeat(step, state.detach(), _control);
        }

        Tensor first = step.StartsSegment ? _term.EvaluateChecked(step.At(0), state.view(_shape)).reshape(-1) : _first!;
        var slopes = new List<Tensor> { first };
        Tensor end = state;
        for (int i = 1; i <= _method.EndStage; i++)
        {
            double weight = step.Size * _method.Diagonal;
            Tensor known = Combine(state, slopes, _method.A[i].AsSpan(0, i), step.Size);
            Tensor found = (_stages.Values.Row(i) * weight.Held()).view(_shape);
            var rule = new RootRule(new StageEquation(_term, step.At(_method.C[i]), weight), _solver);
            Tensor increment = ImplicitSolve.Attach(rule, [known.view(_shape), .. _term.Parameters], [found], [found])[0].reshape(-1);
            slopes.Add(increment / weight.Held());
            end = known.Plus(increment);
        }

        Interpolate(_method, step, state, slopes, thetas, outputs);
        _first = slopes[^1];
        return end;
    }

    public override void Dispose()
    {
        _stages.Dispose();
        base.Dispose();
    }
}
