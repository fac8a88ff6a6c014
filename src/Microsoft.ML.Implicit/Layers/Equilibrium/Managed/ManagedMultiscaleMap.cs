using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.FixedPoint.Managed;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium.Managed;

/// <summary>f of <see cref="MultiscaleConvolutionalCell"/> in managed memory: T tanh(K z + a) + e of each row, whose scales lie one after the other as <see cref="ImagePlanes"/>.</summary>
internal sealed unsafe class ManagedMultiscaleMap : ManagedBatchMap
{
    private const int UsualEvaluations = 8;

    // A block's iterates and residuals, with a memory of five, and its injections stay in the second-level cache.
    private const int CachedFloats = 1 << 18;
    private const int BuffersOfRow = 16;
    private const int MostRows = 32;

    private readonly ImageScale[] _scales;
    private readonly ImagePlanes[] _planes;
    private readonly int[] _offsets;
    private readonly PlaneConvolution[] _inner;
    private readonly ManagedFusion _fusion;
    private readonly Tensor[] _rows;
    private readonly float*[] _shifts;
    private readonly float* _embedded;
    private readonly int _embeddedLength;

    /// <param name="scales">Resolutions, finest first.</param>
    /// <param name="inner">K, a kernel for each of them.</param>
    /// <param name="outer">T, a kernel for each pair of them, row by row.</param>
    /// <param name="rows">a of each resolution, and e.</param>
    public ManagedMultiscaleMap(ImageScale[] scales, IReadOnlyList<Tensor> inner, IReadOnlyList<Tensor> outer, IReadOnlyList<Tensor> rows)
    {
        _scales = scales;
        _planes = [.. scales.Select(scale => new ImagePlanes(scale.Channels, scale.Height, scale.Width))];
        _offsets = new int[scales.Length];
        foreach ((ImagePlanes planes, int scale) in _planes.Select((planes, scale) => (planes, scale)))
        {
            _offsets[scale] = Stride;
            Stride += planes.Length;
        }

        _inner = [.. inner.Zip(_planes, (kernel, planes) => new PlaneConvolution(kernel.ReadSingles(), (int)kernel.shape[2], planes, planes))];
        _fusion = new ManagedFusion(_planes, _offsets, outer);
        _rows = [.. rows.Select(tensor => tensor.detach().contiguous())];
        _shifts = new float*[scales.Length];
        for (int scale = 0; scale < scales.Length; scale++)
        {
            _shifts[scale] = _rows[scale].Pointer<float>();
        }

        _embedded = _rows[^1].Pointer<float>();
        _embeddedLength = (int)_rows[^1].shape[1];
        BlockSize = Math.Clamp(CachedFloats / (BuffersOfRow * Stride), 1, MostRows);
    }

    public override int Stride { get; }

    public override int BlockSize { get; }

    public override long Work => UsualEvaluations * (_inner.Sum(convolution => convolution.Work) + _fusion.Work);

    public override void Load(ReadOnlySpan<float> row, float* state)
    {
        for (int scale = 0; scale < _scales.Length; scale++)
        {
            _planes[scale].Load(row.Slice(_scales[scale].Offset, _scales[scale].Length), state + _offsets[scale]);
        }
    }

    public override void Store(float* state, Span<float> row)
    {
        for (int scale = 0; scale < _scales.Length; scale++)
        {
            _planes[scale].Store(state + _offsets[scale], row.Slice(_scales[scale].Offset, _scales[scale].Length));
        }
    }

    public override ManagedBlockMap CreateBlock() => new Block(this);

    /// <inheritdoc/>
    public override void Dispose()
    {
        Array.ForEach(_rows, tensor => tensor.Dispose());
        Array.ForEach(_inner, convolution => convolution.Dispose());
        _fusion.Dispose();
    }

    private void LoadInjection(int row, float* shifts, float* embedded)
    {
        for (int scale = 0; scale < _scales.Length; scale++)
        {
            int length = _scales[scale].Length;
            _planes[scale].Load(new ReadOnlySpan<float>(_shifts[scale] + ((long)row * length), length), shifts + _offsets[scale]);
        }

        Load(new ReadOnlySpan<float>(_embedded + ((long)row * _embeddedLength), _embeddedLength), embedded);
    }

    // tanh(K z + a), which is zero in the border.
    private void Hide(float* state, float* shifts, float* hidden)
    {
        bool isZero = !new ReadOnlySpan<float>(state, Stride).ContainsAnyExcept(0f);
        for (int scale = 0; scale < _scales.Length; scale++)
        {
            int offset = _offsets[scale];
            if (isZero)
            {
                new ReadOnlySpan<float>(shifts + offset, _planes[scale].Length).CopyTo(new Span<float>(hidden + offset, _planes[scale].Length));
            }
            else
            {
                _inner[scale].Apply(state + offset, shifts + offset, hidden + offset);
            }

            VectorizedActivation.Tanh(hidden + offset, _planes[scale].Length);
            _planes[scale].ClearBorder(hidden + offset);
        }
    }

    private sealed class Block(ManagedMultiscaleMap map) : ManagedBlockMap
    {
        private readonly AlignedBuffer _injections = new(2L * map.BlockSize * map.Stride);
        private readonly AlignedBuffer _hidden = new(map.Stride);
        private readonly AlignedBuffer _scratch = new(map._fusion.ScratchLength);

        public override void Begin(int first, int rows)
        {
            for (int row = 0; row < rows; row++)
            {
                map.LoadInjection(first + row, Shifts(row), Embedded(row));
            }
        }

        public override void Evaluate(float* states, int rows, float* images)
        {
            for (int row = 0; row < rows; row++)
            {
                map.Hide(states + ((long)row * map.Stride), Shifts(row), _hidden.Pointer);
                map._fusion.Apply(_hidden.Pointer, Embedded(row), images + ((long)row * map.Stride), _scratch.Pointer);
            }
        }

        public override void MoveRow(int from, int to) =>
            new ReadOnlySpan<float>(Shifts(from), 2 * map.Stride).CopyTo(new Span<float>(Shifts(to), 2 * map.Stride));

        public override void Dispose()
        {
            _injections.Dispose();
            _hidden.Dispose();
            _scratch.Dispose();
        }

        private float* Shifts(int row) => _injections.Pointer + (2L * row * map.Stride);

        private float* Embedded(int row) => Shifts(row) + map.Stride;
    }
}
