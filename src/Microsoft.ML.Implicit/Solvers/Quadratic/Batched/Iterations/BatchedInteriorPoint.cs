using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched.Iterations;

/// <summary>
/// Mehrotra's predictor-corrector method on whole batches of tensors. Finds the solutions of ordinary rows; what it leaves unsolved needs
/// <see cref="Dense.Iterations.DenseInteriorPoint"/>.
/// </summary>
internal sealed class BatchedInteriorPoint : IBatchedMethod
{
    /// <summary>Proximal weight of z, and what a multiplier adds to its slack.</summary>
    public const double Regularisation = 1e-10;

    /// <summary>Least share of the way to the boundary that a step goes.</summary>
    public const double BackOff = 0.995;

    // Ordinary rows take 8 to 15.
    private const int MaximumIterations = 30;

    private const double StartRegularisation = 1e-7;
    private const double SmallestStart = 1e-6;

    private readonly BatchedData _data;
    private readonly BatchedSystem _system;
    private readonly long _constraints;
    private readonly Tensor _active;
    private readonly BatchedIterate _x;
    private readonly IBatchedIterations _iterations;
    private readonly int _maximumSteps;
    private Tensor? _report;
    private Tensor? _steps;

    /// <summary>Prepares a batch; everything lives in the caller's dispose scope.</summary>
    public BatchedInteriorPoint(QuadraticProblem problem, InteriorPointOptions options)
    {
        _maximumSteps = Math.Min(options.MaximumIterations, MaximumIterations);
        _data = new BatchedData(problem);
        _system = _data.System;
        _active = _data.Active;
        _constraints = _active.shape[1];
        _x = new BatchedIterate(Start(), problem.Variables, _constraints);
        Tensor objective = _system.Objective(_data.Curvature, Regularisation);
        _iterations = KernelIterations.TryCreate(_data, objective, options) ?? (IBatchedIterations)new TensorIterations(_data, objective, options);
    }

    /// <inheritdoc/>
    public Tensor Solve(CancellationToken cancellation)
    {
        (Tensor converged, _steps) = _iterations.Run(_x, _maximumSteps, cancellation);
        BatchedResiduals residuals = _data.Residuals(_x.Z, _x.Nu, _x.S, _x.Lambda);
        _report = _data.Report(_data.Measure(residuals), residuals);
        return converged.logical_and(_data.Contradicted(_x.Z).logical_not());
    }

    /// <inheritdoc/>
    public BatchedState State() => _data.ToState(_x.Z, _x.Nu, _x.S, _x.Lambda);

    /// <inheritdoc/>
    public Tensor Statistics() => cat([_report!, _steps!.unsqueeze(0)], 0);

    // The minimiser of the objective plus half the squared violation, moved inside (Mehrotra, 1992, section 7).
    private Tensor Start()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor weights = _data.SharesFactors ? _active.narrow(0, 0, 1) : _active;
        (Tensor z, Tensor nu) = new BatchedKkt(_system, weights, _data.Curvature, StartRegularisation)
            .Solve(_system.AddTransposed(-_data.P, _active * _data.D, null), _data.B);
        if (_constraints == 0)
        {
            return new BatchedStep(_active, _active, z, nu).Packed.MoveToOuterDisposeScope();
        }

        Tensor slack = _data.D - _data.Products(z).C, constrained = _active > 0.Held(), none = full_like(slack, double.PositiveInfinity.Held());
        Tensor slackShift = where(constrained, slack, none).amin([1], keepdim: true).mul_((-1.5).Held()).clamp_(min: 0.Held());
        Tensor multiplierShift = where(constrained, -slack, none).amin([1], keepdim: true).mul_((-1.5).Held()).clamp_(min: 0.Held());
        Tensor movedSlack = _active * slack.Plus(slackShift), movedMultiplier = _active * (multiplierShift - slack);
        Tensor product = (movedSlack * movedMultiplier).sum([1], keepdim: true).mul_(0.5.Held());
        slackShift = slackShift.Plus((product / movedMultiplier.sum([1], keepdim: true)).nan_to_num_(0, 0, 0));
        multiplierShift = multiplierShift.Plus((product / movedSlack.sum([1], keepdim: true)).nan_to_num_(0, 0, 0));
        Tensor s = where(constrained, slack.Plus(slackShift).clamp_(min: SmallestStart.Held()), ones_like(slack));
        Tensor lambda = _active * (multiplierShift - slack).clamp_(min: SmallestStart.Held());
        return cat([s, lambda, z, nu], 1).MoveToOuterDisposeScope();
    }
}
