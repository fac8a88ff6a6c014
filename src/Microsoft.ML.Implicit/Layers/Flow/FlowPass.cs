using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>Rows carried from the data to the base distribution through all blocks, with what the way back needs.</summary>
internal sealed class FlowPass : IDisposable
{
    // The data lies at time 1, the base distribution at time 0.
    private static readonly double[] ToBase = [1, 0];

    private readonly NormalizingFlow _flow;
    private readonly AugmentedTerm[] _terms;
    private readonly OdeSolution[] _solutions;
    private readonly Tensor[] _normalizationInputs;

    private FlowPass(NormalizingFlow flow)
    {
        _flow = flow;
        _terms = new AugmentedTerm[flow.BlockCount];
        _solutions = new OdeSolution[flow.BlockCount];
        _normalizationInputs = new Tensor[flow.BlockCount - 1];
    }

    /// <summary>z(0), <c>[batch, dimension]</c>.</summary>
    public Tensor Latent { get; private set; } = null!;

    /// <summary>Sum of the log determinants of all maps, <c>[batch]</c>.</summary>
    public Tensor LogDeterminant { get; private set; } = null!;

    /// <summary>Integral of the penalties, <c>[batch]</c>, where there are any.</summary>
    public Tensor? Penalty { get; private set; }

    /// <summary>Evaluations of the dynamics.</summary>
    public int Evaluations => _solutions.Sum(s => s.Statistics.Evaluations);

    public static FlowPass Run(NormalizingFlow flow, Tensor data, Func<int, AugmentedTerm> createTerm, OdeOptions solver, bool differentiable)
    {
        var pass = new FlowPass(flow);
        try
        {
            pass.Run(data, createTerm, solver, differentiable);
            return pass;
        }
        catch
        {
            pass.Dispose();
            throw;
        }
    }

    /// <summary>Carries cotangents back through all blocks.</summary>
    /// <param name="latentCotangent">Cotangent of <see cref="Latent"/>.</param>
    /// <param name="logDeterminantCotangent">Cotangent of <see cref="LogDeterminant"/>.</param>
    /// <param name="penaltyCotangent">Cotangent of <see cref="Penalty"/>.</param>
    /// <param name="addGradient">Called with each parameter and its gradient, a tensor that may be kept.</param>
    /// <returns>Cotangent of the data, <c>[batch, dimension]</c>.</returns>
    public Tensor Backward(Tensor latentCotangent, Tensor logDeterminantCotangent, Tensor? penaltyCotangent, Action<Tensor, Tensor> addGradient)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor cotangent = latentCotangent;
        for (int i = 0; i < _terms.Length; i++)
        {
            Tensor states = _solutions[i].States;
            Tensor cotangents = zeros_like(states);
            Tensor end = cotangents[1];
            end.narrow(1, 0, _flow.Dimension).copy_(cotangent);
            end.select(1, _flow.Dimension).copy_(logDeterminantCotangent);
            if (penaltyCotangent is not null)
            {
                end.select(1, _flow.Dimension + 1).copy_(penaltyCotangent.neg());
            }

            using OdeGradients gradients = _solutions[i].Backward(cotangents);
            _terms[i].FinishGradient(gradients.Parameters);
            AddGradients(_terms[i].Parameters, gradients.Parameters, addGradient);
            cotangent = gradients.InitialState.narrow(1, 0, _flow.Dimension).clone();
            if (i < _normalizationInputs.Length && _flow.NormalizationAfter(i) is { } normalization)
            {
                cotangent = normalization.Backward(_normalizationInputs[i], cotangent, logDeterminantCotangent.sum(), addGradient);
            }
        }

        return cotangent.MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        foreach (IDisposable? resource in (IDisposable?[])[.. _terms, .. _solutions, .. _normalizationInputs])
        {
            resource?.Dispose();
        }
    }

    private void Run(Tensor data, Func<int, AugmentedTerm> createTerm, OdeOptions solver, bool differentiable)
    {
        Tensor x = data;
        Tensor logDeterminant = zeros(data.shape[0], data.dtype, data.device);
        for (int i = _terms.Length - 1; i >= 0; i--)
        {
            if (i < _normalizationInputs.Length && _flow.NormalizationAfter(i) is { } normalization)
            {
                _normalizationInputs[i] = x.alias().DetachFromDisposeScope();
                if (_flow.training && differentiable)
                {
                    normalization.Observe(x);
                }

                x = normalization.forward(x);
                logDeterminant = logDeterminant.Plus(normalization.LogDeterminant());
            }

            AugmentedTerm term = createTerm(i);
            _terms[i] = term;
            _solutions[i] = OdeSolver.Solve(term, term.Integrands.Extend(x), ToBase, solver, differentiable);
            Tensor end = _solutions[i].States[1];
            x = end.narrow(1, 0, _flow.Dimension);

            // The integral runs from 1 to 0, so it is minus the integral of the divergence over the block's time.
            logDeterminant = logDeterminant.Plus(end.select(1, _flow.Dimension));
            Penalty = term.Integrands.Count > 1 ? Sum(Penalty, end.select(1, _flow.Dimension + 1)) : null;
        }

        (Latent, LogDeterminant) = (x, logDeterminant);
    }

    private static void AddGradients(IReadOnlyList<Tensor> parameters, Tensor flat, Action<Tensor, Tensor> addGradient)
    {
        long offset = 0;
        foreach (Tensor parameter in parameters)
        {
            addGradient(parameter, flat.narrow(0, offset, parameter.numel()).view(parameter.shape));
            offset += parameter.numel();
        }
    }

    private static Tensor Sum(Tensor? total, Tensor share) => total is null ? share.neg() : total - share;
}
