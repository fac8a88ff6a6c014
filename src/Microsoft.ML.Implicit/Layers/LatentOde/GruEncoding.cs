using System.Runtime.InteropServices;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentOde;

/// <summary>
/// Histories read by a gated recurrent unit in managed memory, where a step is a few passes over a tile in place of some
/// thirty tensor operations. Rows are sorted by length, so that a tile costs what its longest row holds.
/// </summary>
internal sealed unsafe class GruEncoding : SeriesEncoding
{
    private static readonly string[] ParameterNames = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"];

    private readonly Parameter[] _parameters;
    private readonly ManagedGru _gru;
    private readonly long[] _last;
    private readonly int[] _order;
    private readonly int[] _steps;
    private readonly int _length;
    private readonly bool _isDifferentiable;
    private readonly bool _keepsAll;
    private readonly AlignedBuffer[] _slots;
    private readonly TileLoop _loop;

    /// <param name="parameters">Weights of input and state, then their biases, as torch's GRU has them.</param>
    /// <param name="history">float32 [batch, observations, features], on the CPU.</param>
    /// <param name="lastIndices">int64 [batch]: index of each row's last observation.</param>
    /// <param name="isDifferentiable">Whether <see cref="Backward"/> will be asked for.</param>
    /// <param name="keepsAll">Whether the states after all observations are wanted, [batch, observations, state], which are zero behind a row's last one.</param>
    public GruEncoding(Parameter[] parameters, Tensor history, Tensor lastIndices, bool isDifferentiable, bool keepsAll = false)
    {
        (_length, _keepsAll) = ((int)history.shape[1], keepsAll);
        _parameters = parameters;
        _gru = new ManagedGru(parameters[0], parameters[1], parameters[2], parameters[3]);
        _isDifferentiable = isDifferentiable;
        _last = [.. lastIndices.data<long>()];
        _order = [.. Enumerable.Range(0, _last.Length).OrderBy(row => _last[row])];
        _steps = [.. _order.Chunk(Tile.Lanes).Select(rows => (int)_last[rows[^1]] + 1)];
        _slots = [.. _steps.Select(steps => new AlignedBuffer((long)(isDifferentiable ? steps + 1 : 2) * SlotLength))];
        _loop = new TileLoop(_steps.Length, get_num_threads(), _gru.Work * Tile.Lanes * _steps[^1]);
        State = ReadAll(history);
    }

    /// <summary>The states asked for.</summary>
    public override Tensor State { get; }

    // A step's input, the state before it and what it records.
    private int SlotLength => _gru.InputLength + _gru.StateLength + _gru.RecordLength;

    /// <summary>Parameters of a unit of one layer, as an encoding takes them.</summary>
    public static Parameter[] ParametersOf(GRU unit) => Array.ConvertAll(ParameterNames, name => unit.get_parameter(name)!);

    /// <summary>Whether histories can be read in managed memory.</summary>
    public static bool Suits(Tensor history) => history.device_type == DeviceType.CPU && history.dtype == ScalarType.Float32;

    public override void Backward(Tensor cotangent)
    {
        using Tensor contiguous = cotangent.contiguous();
        AlignedBuffer[] gradients = Scratch(_gru.GradientLength);
        AlignedBuffer[] scratch = Scratch(_gru.ScratchLength + _gru.StateLength);
        fixed (float* first = MemoryMarshal.Cast<byte, float>(contiguous.bytes))
        {
            float* states = first;
            _loop.Run((chunk, tile) => PullBack(tile, states, gradients[chunk].Pointer, scratch[chunk].Pointer));
        }

        using IDisposable noGradient = no_grad();
        foreach (AlignedBuffer gradient in gradients)
        {
            Tensor[] parts = _gru.ToTensors(gradient.Pointer);
            for (int i = 0; i < parts.Length; i++)
            {
                _parameters[i].grad = _parameters[i].grad is { } sum ? sum.PlusInPlace(parts[i]) : parts[i];
            }
        }

        Release(gradients);
        Release(scratch);
    }

    protected override void Dispose(bool disposing)
    {
        State.Dispose();
        _gru.Dispose();
        Release(_slots);
    }

    private Tensor ReadAll(Tensor history)
    {
        using Tensor contiguous = history.contiguous();
        Tensor result = _keepsAll ? zeros([_last.Length, _length, _gru.Width], ScalarType.Float32) : empty([_last.Length, _gru.Width], ScalarType.Float32);
        AlignedBuffer[] scratch = Scratch(_gru.ScratchLength);
        fixed (float* first = MemoryMarshal.Cast<byte, float>(contiguous.bytes), last = MemoryMarshal.Cast<byte, float>(result.bytes))
        {
            float* features = first;
            float* states = last;
            _loop.Run((chunk, tile) => Read(tile, features, states, scratch[chunk].Pointer));
        }

        Release(scratch);
        return result;
    }

    private void Read(int tile, float* features, float* states, float* scratch)
    {
        for (int step = 0; step < _steps[tile]; step++)
        {
            float* input = Slot(tile, step);
            float* state = input + _gru.InputLength;
            float* next = Slot(tile, step + 1) + _gru.InputLength;
            Load(tile, features, step, input);
            _gru.Step(input, state, state + _gru.StateLength, next, scratch);
            for (int lane = 0; lane < Lanes(tile); lane++)
            {
                float* wanted = StateAt(states, Row(tile, lane), step);
                for (int d = 0; wanted != null && d < _gru.Width; d++)
                {
                    wanted[d] = next[(d * Tile.Lanes) + lane];
                }
            }
        }
    }

    private void PullBack(int tile, float* cotangents, float* gradient, float* scratch)
    {
        float* cotangent = scratch;
        new Span<float>(cotangent, _gru.StateLength).Clear();
        for (int step = _steps[tile] - 1; step >= 0; step--)
        {
            for (int lane = 0; lane < Lanes(tile); lane++)
            {
                float* wanted = StateAt(cotangents, Row(tile, lane), step);
                for (int d = 0; wanted != null && d < _gru.Width; d++)
                {
                    cotangent[(d * Tile.Lanes) + lane] += wanted[d];
                }
            }

            float* input = Slot(tile, step);
            float* state = input + _gru.InputLength;
            _gru.Pullback(input, state, state + _gru.StateLength, cotangent, gradient, scratch + _gru.StateLength);
        }
    }

    // Where the state after a step is among those wanted; null where it is not one of them.
    private float* StateAt(float* states, int row, int step) =>
        step > _last[row] || (!_keepsAll && step < _last[row]) ? null : states + ((_keepsAll ? ((long)row * _length) + step : row) * _gru.Width);

    private void Load(int tile, float* features, int step, float* input)
    {
        for (int lane = 0; lane < Lanes(tile); lane++)
        {
            float* source = features + ((((long)Row(tile, lane) * _length) + step) * _gru.Inputs);
            for (int d = 0; d < _gru.Inputs; d++)
            {
                input[(d * Tile.Lanes) + lane] = source[d];
            }
        }
    }

    private int Lanes(int tile) => Math.Min(Tile.Lanes, _order.Length - (tile * Tile.Lanes));

    private int Row(int tile, int lane) => _order[(tile * Tile.Lanes) + lane];

    private float* Slot(int tile, int step) => _slots[tile].Pointer + ((long)(_isDifferentiable ? step : step % 2) * SlotLength);

    private AlignedBuffer[] Scratch(int length) => [.. Enumerable.Range(0, _loop.ChunkCount).Select(_ => new AlignedBuffer(length))];

    private static void Release(AlignedBuffer[] buffers) => Array.ForEach(buffers, buffer => buffer.Dispose());
}
