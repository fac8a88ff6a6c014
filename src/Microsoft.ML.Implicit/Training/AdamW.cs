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
    private readonly RowHistory?[] _histories;
    private readonly IReadOnlyList<double> _weightDecays;
    private readonly Scalar _firstDecay = FirstDecay.ToScalar();
    private readonly Scalar _firstWeight = (1 - FirstDecay).ToScalar();
    private readonly Scalar _secondDecay = SecondDecay.ToScalar();
    private readonly Scalar _secondWeight = (1 - SecondDecay).ToScalar();
    private readonly Scalar _epsilon = 1e-8.ToScalar();
    private int _steps;
    private double _logKept;

    /// <summary>Creates the optimiser.</summary>
    /// <param name="parameters">Parameters to train.</param>
    /// <param name="weightDecays">
    /// Decay of matrices and kernels; biases and normalisation gains are not decayed, since shrinking them does not regularise. Where there are
    /// several, one a network, the first dimension of every parameter is the networks'.
    /// </param>
    public AdamW(IEnumerable<Parameter> parameters, params IReadOnlyList<double> weightDecays)
    {
        using DisposeScope scope = NewDisposeScope();
        _parameters = [.. parameters];
        _weightDecays = weightDecays;
        _firstMoments = [.. _parameters.Select(parameter => zeros_like(parameter, requires_grad: false).DetachFromDisposeScope())];
        _secondMoments = [.. _parameters.Select(parameter => zeros_like(parameter, requires_grad: false).DetachFromDisposeScope())];
        _histories = new RowHistory?[_parameters.Length];
    }

    private int NetworkCount => _weightDecays.Count;

    /// <summary>Sets all gradients to none.</summary>
    public void ZeroGradients()
    {
        foreach (Parameter parameter in _parameters)
        {
            parameter.grad = null;
        }
    }

    /// <summary>Scales all gradients of a network down so that their common Euclidean norm is at most <paramref name="maximum"/>.</summary>
    /// <returns>The norm before of each network, [networks], on the parameters' device and in the current dispose scope.</returns>
    public Tensor ClipGradients(double maximum)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor[] gradients = [.. _parameters.Select(Gradient).OfType<Tensor>().Select(gradient => gradient.is_sparse ? gradient.SparseValues : gradient)];
        if (gradients.Length == 0)
        {
            return zeros([NetworkCount], ScalarType.Float64, _parameters.FirstOrDefault()?.device ?? CPU).MoveToOuterDisposeScope();
        }

        Tensor norm = stack(gradients.Select(gradient => gradient.reshape(NetworkCount, -1).norm(1))).norm(0).to(ScalarType.Float64);
        Tensor factor = full_like(norm, maximum.Held()).div(norm).clamp_max(1.Held());
        foreach (Tensor gradient in gradients)
        {
            gradient.mul_(ForEachNetwork(factor, gradient));
        }

        return norm.MoveToOuterDisposeScope();
    }

    /// <summary>Updates the parameters by their gradients; matrices whose gradient is in coordinate format only in its rows.</summary>
    /// <param name="learningRate">Learning rate of this step.</param>
    public void Step(double learningRate)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        _steps++;
        _logKept += Math.Log(Math.Max(1 - (learningRate * _weightDecays[0]), double.Epsilon));
        double firstCorrection = 1 - Math.Pow(FirstDecay, _steps);
        double secondCorrection = 1 - Math.Pow(SecondDecay, _steps);
        Tensor keep = NativeTensor.Of(_weightDecays.Select(decay => 1 - (learningRate * decay)).ToArray(), [NetworkCount], _parameters.FirstOrDefault()?.device);
        using Scalar scale = (1 / Math.Sqrt(secondCorrection)).ToScalar();
        using Scalar step = (-learningRate / firstCorrection).ToScalar();
        for (int i = 0; i < _parameters.Length; i++)
        {
            if (Gradient(_parameters[i]) is not { } gradient)
            {
                continue;
            }

            if (gradient.is_sparse)
            {
                StepRows(i, gradient, scale, step);
                continue;
            }

            if (_parameters[i].dim() > (NetworkCount > 1 ? 2 : 1))
            {
                _parameters[i].mul_(ForEachNetwork(keep, _parameters[i]));
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
        writer.Write(_logKept);
        foreach (Tensor moment in _firstMoments.Concat(_secondMoments))
        {
            StoredTensor.Write(writer, moment);
        }

        foreach (RowHistory? history in _histories)
        {
            writer.Write(history is not null);
            history?.WriteState(writer);
        }
    }

    public void ReadState(BinaryReader reader)
    {
        _steps = reader.ReadInt32();
        _logKept = reader.ReadDouble();
        if (_steps < 0 || !double.IsFinite(_logKept))
        {
            throw new FormatException($"The file counts {_steps} steps of the optimiser, whose decay has left e^{_logKept}.");
        }

        foreach (Tensor moment in _firstMoments.Concat(_secondMoments))
        {
            StoredTensor.Read(reader, "of the optimiser", moment);
        }

        for (int i = 0; i < _histories.Length; i++)
        {
            _histories[i]?.Dispose();
            _histories[i] = reader.ReadBoolean() ? new RowHistory(_parameters[i].shape[0], _parameters[i].device) : null;
            _histories[i]?.ReadState(reader);
        }
    }

    // A number a network, in a shape that multiplies a tensor of theirs.
    private Tensor ForEachNetwork(Tensor numbers, Tensor values) =>
        numbers.to(values.dtype).reshape(NetworkCount > 1 ? [NetworkCount, .. Enumerable.Repeat(1L, (int)values.dim() - 1)] : []);

    // Two backward passes leave a gradient in coordinate format with rows that stand in it twice; it is replaced by one without.
    private static Tensor? Gradient(Parameter parameter)
    {
        if (parameter.grad is not { is_sparse: true } gradient)
        {
            return parameter.grad;
        }

        Tensor indices = gradient.SparseIndices[0];
        (Tensor rows, Tensor? positions, _) = indices.unique(sorted: true, return_inverse: true);
        if (rows.shape[0] == indices.shape[0])
        {
            return gradient;
        }

        Tensor values = zeros([rows.shape[0], gradient.shape[1]], gradient.dtype, gradient.device);
        values.index_add_(0, positions!, gradient.SparseValues, 1.Held());
        parameter.grad = sparse_coo_tensor(rows.unsqueeze(0), values, gradient.shape);
        return parameter.grad;
    }

    // Rows that a gradient in coordinate format leaves out count as rows of gradient 0, but for the movement by what is left of
    // their moments: moments and decay are caught up with when a row is next touched.
    private void StepRows(int index, Tensor gradient, Scalar scale, Scalar step)
    {
        (Tensor rows, Tensor values) = (gradient.SparseIndices[0], gradient.SparseValues);
        RowHistory history = _histories[index] ??= new RowHistory(gradient.shape[0], gradient.device);
        (Tensor steps, Tensor logKept) = history.Advance(rows, _steps, _logKept);
        Tensor first = _firstMoments[index].index_select(0, rows).mul_(Power(FirstDecay)).add_(values, _firstWeight);
        Tensor second = _secondMoments[index].index_select(0, rows).mul_(Power(SecondDecay)).addcmul_(values, values, _secondWeight);
        Tensor deviation = second.sqrt().mul_(scale).PlusInPlace(_epsilon);
        Tensor moved = _parameters[index].index_select(0, rows).mul_(logKept.exp().to(values.dtype)).addcdiv_(first, deviation, step);
        _firstMoments[index].index_copy_(0, rows, first);
        _secondMoments[index].index_copy_(0, rows, second);
        _parameters[index].index_copy_(0, rows, moved);

        Tensor Power(double decay) => (steps * Math.Log(decay).Held()).exp().to(values.dtype);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable state in _firstMoments.Concat<IDisposable>(_secondMoments).Concat(_histories.OfType<RowHistory>()))
        {
            state.Dispose();
        }

        _firstDecay.Dispose();
        _firstWeight.Dispose();
        _secondDecay.Dispose();
        _secondWeight.Dispose();
        _epsilon.Dispose();
    }
}
