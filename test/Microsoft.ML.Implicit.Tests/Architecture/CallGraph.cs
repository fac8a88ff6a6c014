using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Microsoft.ML.Implicit.Tests.Architecture;

/// <summary>
/// Which methods of an assembly may be called from which: a call of a virtual method, of its own or of TorchSharp's modules, may be one of each that overrides it, and a delegate may be
/// called where it is made.
/// </summary>
internal sealed class CallGraph
{
    private readonly ModuleDefinition _module;
    private readonly Func<TypeDefinition, bool> _isFollowed;
    private readonly ILookup<string, MethodDefinition> _overrides;

    /// <param name="module">The assembly.</param>
    /// <param name="isFollowed">Whether calls of an outermost type's methods are looked into.</param>
    public CallGraph(ModuleDefinition module, Func<TypeDefinition, bool> isFollowed)
    {
        (_module, _isFollowed) = (module, isFollowed);
        _overrides = module.GetTypes().SelectMany(type => type.Methods).Where(method => method.IsVirtual).ToLookup(Signature);
    }

    /// <summary>All methods that may run when some do, these among them.</summary>
    public IReadOnlyCollection<MethodDefinition> ReachableFrom(IEnumerable<MethodDefinition> roots)
    {
        var reached = new HashSet<MethodDefinition>();
        var waiting = new Queue<MethodDefinition>(roots);
        while (waiting.TryDequeue(out MethodDefinition? method))
        {
            if (method.Module != _module || !method.HasBody || !_isFollowed(Outermost(method.DeclaringType)) || !reached.Add(method))
            {
                continue;
            }

            foreach (MethodReference called in CallsIn(method))
            {
                foreach (MethodDefinition target in TargetsOf(called))
                {
                    waiting.Enqueue(target);
                }
            }
        }

        return reached;
    }

    /// <summary>What a method calls, or makes a delegate of.</summary>
    public static IEnumerable<MethodReference> CallsIn(MethodDefinition method) => method.Body.Instructions
        .Where(instruction => instruction.OpCode.Code is Code.Call or Code.Callvirt or Code.Newobj or Code.Ldftn or Code.Ldvirtftn).Select(instruction => (MethodReference)instruction.Operand);

    public static TypeDefinition Outermost(TypeDefinition type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    private static string Signature(MethodReference method) => $"{method.Name[(method.Name.LastIndexOf('.') + 1)..]}/{method.Parameters.Count}";

    private IEnumerable<MethodDefinition> TargetsOf(MethodReference called)
    {
        // What the framework declares is called everywhere, and by all that iterates or is disposed of.
        if (called.DeclaringType.GetElementType().Scope is var scope && scope != _module && scope.Name != "TorchSharp")
        {
            return [];
        }

        if (called.Resolve() is not { } method)
        {
            return [];
        }

        // An iterator's body is a method of the object that it makes.
        IEnumerable<MethodDefinition> iterated = method.IsConstructor && method.DeclaringType.Methods.FirstOrDefault(next => next.Name == "MoveNext") is { } moveNext && method.DeclaringType.IsNested ? [moveNext] : [];
        IEnumerable<MethodDefinition> overriding = method.IsVirtual ? _overrides[Signature(method)].Where(other => MayBeCalledAs(other, method)) : [];
        return [method, .. iterated, .. overriding];
    }

    private static bool MayBeCalledAs(MethodDefinition method, MethodDefinition called)
    {
        for (TypeDefinition? type = method.DeclaringType; type is not null; type = type.BaseType?.Resolve())
        {
            if (type == called.DeclaringType || type.Interfaces.Any(implemented => implemented.InterfaceType.Resolve() == called.DeclaringType))
            {
                return true;
            }
        }

        return false;
    }
}
