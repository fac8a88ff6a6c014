using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Adjoints;
using Microsoft.ML.Implicit.Solvers.Ode.Common;
using Microsoft.ML.Implicit.Solvers.Ode.Replays;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.OneStep;

/// <summary>The adjoint of the steps of any <see cref="OneStepMethod"/>: each is repeated with an autograd graph of that step alone.</summary>
internal sealed class OneStepAdjointStep : CommonAdjointStep
{
    private readonly IDifferentiableOdeTerm _term;
    private readonly OneStepMethod _method;
    private readonly long[] _shape;
    private readonly Tensor _parameterGradient;
    private readonly Tensor _adjoint;
    private bool? _isFollowed;

    /// <param name="term">Right-hand side.</param>
    /// <param name="method">Method.</param>
    /// <param name="state"><c>[batch, ...]</c>, for its shape, type and device.</param>
    /// <param name="parameterGradient">Flat vector that the parameters' gradients are added to.</param>
    public OneStepAdjointStep(IDifferentiableOdeTerm term, OneStepMethod method, Tensor state, Tensor parameterGradient)
    {
        _term = term;
        _method = method;
        _shape = state.shape;
        _parameterGradient = parameterGradient;
        _adjoint = zeros_like(state).DetachFromDisposeScope();
    }

    public override Tensor Advance(OdeStep step, Tensor state)
    {
        using DisposeScope scope = NewDisposeScope();
        return Take(_term, step, state.view(_shape)).State.reshape(-1).clone().MoveToOuterDisposeScope();
    }

    public override void Reverse(OdeStep step, Tensor state, ReadOnlySpan<double> thetas, Tensor outputCotangents)
    {
        using DisposeScope scope = NewDisposeScope();
        int inside = thetas is [.., 1.0] ? thetas.Length - 1 : thetas.Length;
        if (inside < thetas.Length)
        {
            _adjoint.PlusInPlace(outputCotangents[inside].view(_shape));
        }

        Tensor start = state.view(_shape).detach().requires_grad_();
        _isFollowed ??= Backpropagation.IsFollowed(_term, step.At(0), start);
        using LinearizedTerm? linearized = _isFollowed == true ? null : new LinearizedTerm(_term, _parameterGradient);
        IDifferentiableOdeTerm followed = linearized ?? _term;
        List<Tensor> results = [];
        List<Tensor> cotangents = [_adjoint];
        using (enable_grad())
        {
            results.Add(Take(followed, step, start).State);
            if (!results[0].requires_grad)
            {
                throw new InvalidOperationException($"What the method {_method.Name} returns has no graph to the state: compute it by operations that autograd follows, without detach.");
            }

            if (inside > 0)
            {
                results.Add(HermiteCubic.Interpolate(new SegmentTerm(followed, step.Segment), step, start, results[0], thetas[..inside]));
                cotangents.Add(outputCotangents.narrow(0, 0, inside).view([inside, .. _shape]));
            }
        }

        IReadOnlyList<Tensor> parameters = followed.Parameters;
        Tensor?[] gradients = [];
        ImplicitBackward.Run(() => gradients = GuardedAutograd.Pullback(results, [start, .. parameters.Where(p => p.requires_grad)], cotangents, $"{_term} in a step of {_method.Name}"));
        FlatGradient.Add(_parameterGradient, parameters, gradients, 1);
        _adjoint.copy_(gradients[0] ?? zeros_like(start));
    }

    public override Tensor Finish() => _adjoint.reshape(-1).clone();

    protected override void Dispose(bool disposing) => _adjoint.Dispose();

    private OneStepResult Take(IOdeTerm term, OdeStep step, Tensor state) => OneStepStepper.Take(_method, new SegmentTerm(term, step.Segment), step, state);
}
