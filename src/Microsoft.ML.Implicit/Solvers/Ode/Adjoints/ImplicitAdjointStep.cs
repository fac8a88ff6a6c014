using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Common;
using Microsoft.ML.Implicit.Solvers.Ode.Stages;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Adjoints;

/// <summary>
/// The adjoint of diagonally implicit Runge-Kutta steps. With yᵢ the cotangent of the point of stage i, gᵢ that of the stage kᵢ
/// and Gᵢ = h Σⱼ₊ aⱼᵢyⱼ over the stages j after i, plus the dense output's share: gᵢ = Gᵢ + hγyᵢ and yᵢ = Jᵢᵀgᵢ, so that
/// (I - hγJᵢᵀ) yᵢ = JᵢᵀGᵢ, a linear system for each row. The point of the end stage is the step's result, whose cotangent adds
/// to its right-hand side. Each stage is linearised once, however many products its equation takes.
/// </summary>
internal sealed class ImplicitAdjointStep : CommonAdjointStep
{
    private readonly IDifferentiableOdeTerm _term;
    private readonly DiagonallyImplicitRungeKutta _method;
    private readonly ILinearSolver _solver = StageOperator.CreateSolver();
    private readonly AdaptiveStepControl? _control;
    private readonly long[] _shape;
    private readonly Tensor _parameterGradient;
    private readonly ImplicitStages _stages;
    private readonly CotangentBuffer _cotangents;
    private readonly Tensor _adjoint;

    /// <param name="term">Right-hand side, whose rows do not depend on one another.</param>
    /// <param name="method">Method.</param>
    /// <param name="control">Tolerances of the forward solve; <see langword="null"/> for fixed steps.</param>
    /// <param name="state"><c>[batch, ...]</c>, for its shape, type and device.</param>
    /// <param name="parameterGradient">Flat vector that the parameters' gradients are added to.</param>
    public ImplicitAdjointStep(IDifferentiableOdeTerm term, DiagonallyImplicitRungeKutta method, AdaptiveStepControl? control, Tensor state, Tensor parameterGradient)
    {
        _term = term;
        _method = method;
        _control = control;
        _shape = state.shape;
        _parameterGradient = parameterGradient;
        using Tensor flat = state.reshape(-1);
        _stages = ImplicitStages.OfRows(term, method, state);
        _cotangents = new CotangentBuffer(method, flat);
        _adjoint = zeros_like(flat).DetachFromDisposeScope();
    }

    public override Tensor Advance(OdeStep step, Tensor state)
    {
        using DisposeScope scope = NewDisposeScope();
        return _stages.Repeat(step, state, _control).MoveToOuterDisposeScope();
    }

    public override void Reverse(OdeStep step, Tensor state, ReadOnlySpan<double> thetas, Tensor outputCotangents)
    {
        using DisposeScope scope = NewDisposeScope();
        int inside = thetas is [.., 1.0] ? thetas.Length - 1 : thetas.Length;
        if (inside < thetas.Length)
        {
            _adjoint.PlusInPlace(outputCotangents[inside]);
        }

        Advance(step, state);
        _cotangents.Begin(step.Size, thetas[..inside], outputCotangents.narrow(0, 0, inside));
        int count = _method.EndStage + 1;
        for (int i = _method.EndStage; i > 0; i--)
        {
            _cotangents.Set(i, ReverseStage(i, step, state, _cotangents.Gather(i, count)));
        }

        using OdeLinearization first = _term.LinearizeChecked(step.At(0), state.view(_shape));
        Tensor throughFirst = first.PullbackChecked(_cotangents.Gather(0, count).view(_shape), _parameterGradient).reshape(-1);
        _adjoint.copy_(_cotangents.Sum(count)).PlusInPlace(throughFirst);
    }

    public override Tensor Finish() => _adjoint.clone();

    protected override void Dispose(bool disposing)
    {
        _stages.Dispose();
        _cotangents.Dispose();
        _adjoint.Dispose();
    }

    // yᵢ, from Gᵢ.
    private Tensor ReverseStage(int stage, OdeStep step, Tensor state, Tensor gathered)
    {
        using DisposeScope scope = NewDisposeScope();
        double time = step.At(_method.C[stage]);
        double weight = step.Size * _method.Diagonal;
        Tensor point = _stages.Values.Combine(state, stage).Plus(_stages.Values.Row(stage) * weight.Held()).view(_shape);
        using var jacobian = new LinearizedJacobian(_term, time, point);
        Tensor right = jacobian.ApplyTransposed(gathered.view(_shape[0], -1));
        if (stage == _method.EndStage)
        {
            right = right.Plus(_adjoint.view(right.shape));
        }

        using IFactorization factorization = _solver.Prepare(new StageOperator(jacobian, weight));
        LinearSolution solution = factorization.SolveTransposed(right);
        solution.ThrowIfFailed($"adjoint equation of the stage at time {time}");
        Tensor cotangent = solution.Solution.view(-1);
        jacobian.Linearization.PullbackChecked(gathered.Plus(cotangent * weight.Held()).view(_shape), _parameterGradient);
        return cotangent.MoveToOuterDisposeScope();
    }
}
