using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Training;

/// <summary>Adam with decoupled weight decay (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019, algorithm 2).</summary>
/// <remarks>
/// Every <see cref="Scalar"/> is held by a variable until the native call that reads it has returned. A scalar converted
/// in place from a number is garbage as soon as its handle is read, and a collection started by another thread frees it while
/// native code still uses it; TorchSharp's own optimisers are exposed to that.
/// </remarks>
internal sealed class AdamW : IResumable, IDisposable
{
    private const double FirstDecay = 0.9;
    private const double SecondDecay = 0.999;

    private readonly Parameter[] _parameters;
    private readonly Tensor[] _firstMoments;
    private readonly Tensor[] _secondMoments;
    private readonly double _weightDecay;
    private readonly Scalar _firstDecay = FirstDecay.ToScalar();
    private readonly Scalar _firstWeight = (1 - FirstDecay).ToScalar();
    private readonly Scalar _secondDecay = SecondDecay.ToScalar();
    private readonly Scalar _secondWeight = (1 - SecondDecay).ToScalar();
    private readonly Scalar _epsilon = 1e-8.ToScalar();
    private int _steps;

    /// <summary>Creates the optimiser.</summary>
    /// <param name="parameters">Parameters to train.</param>
    /// <param name="weightDecay">Decay of matrices and kernels; biases and normalisation gains are not decayed, since shrinking them does not regularise.</param>
    public AdamW(IEnumerable<Parameter> parameters, double weightDecay)
    {
        using DisposeScope scope = NewDisposeScope();
        _parameters = [.. parameters];
        _weightDecay = weightDecay;
        _firstMoments = [.. _parameters.Select(parameter => zeros_like(parameter, requires_grad: false).DetachFromDisposeScope())];
        _secondMoments = [.. _parameters.Select(parameter => zeros_like(parameter, requires_grad: false).DetachFromDisposeScope())];
    }

    /// <summary>Sets all gradients to none.</summary>
    public void ZeroGradients()
    {
        foreach (Parameter parameter in _parameters)
        {
            parameter.grad = null;
        }
    }

    /// <summary>Scales all gradients down so that their common Euclidean norm is at most <paramref name="maximum"/>.</summary>
    /// <returns>The norm before.</returns>
    public double ClipGradients(double maximum)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] gradients = [.. _parameters.Select(parameter => parameter.grad).OfType<Tensor>()];
        if (gradients.Length == 0)
        {
            return 0;
        }

        double norm = stack(gradients.Select(gradient => gradient.norm())).norm().ReadDouble();
        if (norm > maximum)
        {
            using Scalar factor = (maximum / norm).ToScalar();
            foreach (Tensor gradient in gradients)
            {
                gradient.mul_(factor);
            }
        }

        return norm;
    }

    /// <summary>Updates the parameters by their gradients.</summary>
    /// <param name="learningRate">Learning rate of this step.</param>
    public void Step(double learningRate)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        _steps++;
        double firstCorrection = 1 - Math.Pow(FirstDecay, _steps);
        double secondCorrection = 1 - Math.Pow(SecondDecay, _steps);
        using Scalar keep = (1 - (learningRate * _weightDecay)).ToScalar();
        using Scalar scale = (1 / Math.Sqrt(secondCorrection)).ToScalar();
        using Scalar step = (-learningRate / firstCorrection).ToScalar();
        for (int i = 0; i < _parameters.Length; i++)
        {
            if (_parameters[i].grad is not { } gradient)
            {
                continue;
            }

            if (_weightDecay > 0 && _parameters[i].dim() > 1)
            {
                _parameters[i].mul_(keep);
            }

            _firstMoments[i].mul_(_firstDecay).add_(gradient, _firstWeight);
            _secondMoments[i].mul_(_secondDecay).addcmul_(gradient, gradient, _secondWeight);
            Tensor deviation = _secondMoments[i].sqrt().mul_(scale).PlusInPlace(_epsilon);
            _parameters[i].addcdiv_(_firstMoments[i], deviation, step);
        }
    }

    public void WriteState(BinaryWriter writer)
    {
        writer.Write(_steps);
        foreach (Tensor moment in _firstMoments.Concat(_secondMoments))
        {
            StoredTensor.Write(writer, moment);
        }
    }

    public void ReadState(BinaryReader reader)
    {
        _steps = reader.ReadInt32();
        if (_steps < 0)
        {
            throw new FormatException($"The file counts {_steps} steps of the optimiser.");
        }

        foreach (Tensor moment in _firstMoments.Concat(_secondMoments))
        {
            StoredTensor.Read(reader, "of the optimiser", moment);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor moment in _firstMoments.Concat(_secondMoments))
        {
            moment.Dispose();
        }

        _firstDecay.Dispose();
        _firstWeight.Dispose();
        _secondDecay.Dispose();
        _secondWeight.Dispose();
        _epsilon.Dispose();
    }
}
