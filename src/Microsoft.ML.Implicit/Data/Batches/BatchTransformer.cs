using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Data;

/// <summary>A row-to-row transformer that evaluates rows in batches, lazily.</summary>
public abstract class BatchTransformer : ITransformer, IDisposable
{
    private readonly ModelFormat _format;
    private bool _isDisposed;

    private protected BatchTransformer(IHost host, ModelFormat format)
    {
        Host = host;
        _format = format;
    }

    /// <inheritdoc/>
    public bool IsRowToRowMapper => true;

    private protected IHost Host { get; }

    private protected abstract BatchMapper Mapper { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">An input column is missing or has another type than in training.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return BatchedDataView.AppendColumns(inputSchema, Mapper.GetOutputColumns(inputSchema));
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Nothing is computed before the view's rows are read. Each reading of the view reads the input once, so that outputs stand beside
    /// the rows they belong to even where the input's order changes. As many rows are read ahead as are evaluated together, and none
    /// where a column is read whose values cannot be copied, such as images. A row whose vector has another length than its column's
    /// type declares is refused in its turn with an <see cref="InvalidOperationException"/>, and reading a view whose transformer was
    /// disposed of with an <see cref="ObjectDisposedException"/>.
    /// </remarks>
    /// <exception cref="ArgumentException">An input column is missing or has another type than in training.</exception>
    /// <exception cref="ObjectDisposedException">The transformer was disposed, for instance together with a prediction engine.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        Mapper.ThrowIfDisposed();
        return new BatchedDataView(input, Mapper);
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The transformer was disposed, for instance together with a prediction engine.</exception>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        Mapper.ThrowIfDisposed();
        return new BatchedRowMapper(inputSchema, Mapper);
    }

    /// <summary>Moves the transformer's model to a device, where it scores from now on, also in views and prediction engines that were made before.</summary>
    /// <param name="device"><c>"cpu"</c>, <c>"cuda"</c>, <c>"cuda:1"</c>, or <c>"auto"</c>: CUDA where there is one, else the CPU.</param>
    /// <remarks>Waits for what other threads are evaluating. A model file says nothing of a device: a loaded transformer scores on the CPU.</remarks>
    /// <exception cref="ArgumentException">The name is none of these.</exception>
    /// <exception cref="InvalidOperationException">CUDA was asked for and is absent; the model stays where it was.</exception>
    /// <exception cref="ObjectDisposedException">The transformer was disposed, for instance together with a prediction engine.</exception>
    public void MoveTo(string device)
    {
        Device target = NativeBackend.ResolveDevice(device, nameof(device));
        Mapper.RunAlone(() => MoveModel(target));
    }

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);
        using DisposalGate.Use use = Mapper.Hold();
        _format.Save(ctx, Write);
    }

    /// <inheritdoc/>
    /// <remarks>Waits for what other threads are evaluating with the transformer; what they evaluate next is refused.</remarks>
    public void Dispose()
    {
        if (!Interlocked.Exchange(ref _isDisposed, true))
        {
            Mapper.Close(this);
            DisposeModel();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Writes everything that the transformer's loader reads.</summary>
    private protected abstract void Write(DocumentWriter writer);

    /// <summary>Moves to a device whatever is evaluated there, while nothing is.</summary>
    private protected abstract void MoveModel(Device device);

    private protected abstract void DisposeModel();
}
